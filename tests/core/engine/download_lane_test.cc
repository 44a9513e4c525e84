// What the engine does when the store of videos refuses one.
#include "core/engine/download_lane.h"

#include <gtest/gtest.h>

#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

class DownloadLaneTest : public EngineTest {
 protected:
  void refuse(const std::string& id, FailureKind kind) {
    videos_.on_open = [=](const core::FilePlan& plan) -> std::optional<FetchFailure> {
      if (plan.fields.task_id != id) {
        return std::nullopt;
      }
      return FetchFailure{.kind = kind, .text = "the store refuses it"};
    };
  }
};

TEST_F(DownloadLaneTest, AVideoThatIsBlockedIsLeftForALaterRun) {
  add_succeeding("a");
  add_succeeding("b");
  refuse("a", FailureKind::blocked);
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(ledger_.video("a", 1), VideoState::wanted);
  EXPECT_EQ(ledger_.video("b", 1), VideoState::done);
  EXPECT_EQ(tally().videos_failed, 1U);
  EXPECT_EQ(tally().errors.at("video_blocked"), 1U);
  EXPECT_TRUE(videos_.discarded.empty()) << "a later run may resume it";
  EXPECT_EQ(transport_.most_downloads_in_flight, 1U) << "of the other video";
}

TEST_F(DownloadLaneTest, DoesNotWaitWhenTheStoreRefusesAllVideos) {
  add_succeeding("a");
  refuse("a", FailureKind::blocked);
  const core::SteadyTime begin = clock_.steady();
  EXPECT_EQ(run().end, RunEnd::completed);
  EXPECT_EQ(tally().videos_failed, 1U);
  EXPECT_LT(clock_.steady() - begin, seconds(1));
}

TEST_F(DownloadLaneTest, AStoreThatFailsStopsTheDownloadsAndNotTheQueries) {
  plan_.download_concurrency = 1;
  add_succeeding("a", hours(1));
  add_succeeding("b", hours(2));
  refuse("a", FailureKind::disk_full);
  const core::RunResult result = run();
  EXPECT_EQ(result.end, RunEnd::completed);
  EXPECT_EQ(result.disk_failure, "the store refuses it");
  EXPECT_FALSE(result.downloads_hindered);
  EXPECT_EQ(told(core::Notice::Kind::stopped), 1U);
  EXPECT_EQ(asked("b"), 1);
  EXPECT_EQ(ledger_.video("b", 1), VideoState::wanted);
  EXPECT_TRUE(engine_->downloads().outcomes().stopped());
}

TEST_F(DownloadLaneTest, AVideoIsSavedUnderTheNameOfItsTask) {
  add_succeeding("a");
  run();
  EXPECT_EQ(videos_.content("/videos/a.mp4"), support::tiny_mp4(1000));
  EXPECT_EQ(tally().video_bytes, 1000);
}

}  // namespace
