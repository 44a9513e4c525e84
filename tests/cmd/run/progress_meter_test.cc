// The numbers during real runs of the engine in virtual time.
#include "cmd/run/progress_meter.h"

#include <cmath>
#include <map>
#include <vector>

#include "tests/core/engine/engine_world.h"

namespace {

using namespace engine_world;

class ProgressMeterTest : public EngineTest {
 protected:
  struct Moment {
    core::SteadyTime when;
    cmd::ProgressCounts counts;
  };

  // A run of this many tasks, each with a video; the numbers are read five times a second.
  std::vector<Moment> watch(int tasks, std::uint64_t videos_before = 0) {
    for (int i = 0; i < tasks; ++i) {
      add_succeeding("t" + std::to_string(i), hours(20) - minutes(i));
    }
    totals_.tasks = static_cast<std::uint64_t>(tasks);
    totals_.videos = videos_before;
    totals_.known = known_;
    std::vector<Moment> moments;
    std::optional<cmd::ProgressMeter> meter;
    prepare_ = [&](core::Engine& engine) {
      meter.emplace(clock_,
                    cmd::ProgressMeter::Sources{.tally = engine.tally(),
                                                .bytes_received = [this] { return received(); },
                                                .downloads = engine.downloads(),
                                                .in_flight = [&] { return in_flight(engine); },
                                                .totals = totals_,
                                                .waits = plan_.wait});
      engine.on_turn(
          [&] {
            moments.push_back({clock_.steady(), meter->counts()});
          },
          milliseconds(200));
    };
    EXPECT_EQ(run().end, RunEnd::completed);
    return moments;
  }
  // Each video of 1,000 bytes has had 100 of them a second since it was first seen.
  std::vector<core::DownloadProgress> in_flight(const core::Engine& engine) {
    std::vector<core::DownloadProgress> all;
    engine.downloads().window().each_in_flight([&](std::uint64_t token,
                                                   const core::WantedVideo& /*video*/) {
      const auto since = clock_.steady() - seen_.try_emplace(token, clock_.steady()).first->second;
      const std::int64_t received = std::chrono::duration_cast<milliseconds>(since).count() / 10;
      if (received < 1000) {
        all.push_back({.token = token, .received = received, .size = 1000});
      }
    });
    return all;
  }
  // Videos arrive evenly, including those in progress.
  std::int64_t received() {
    if (bytes_per_second_ == 0 || !engine_) {
      return engine_ ? tally().video_bytes : 0;
    }
    for (const auto& sent : transport_.sent) {
      if (sent.is_download) {
        const std::chrono::duration<double> since = clock_.steady() - sent.when;
        return std::max(tally().video_bytes,
                        static_cast<std::int64_t>(bytes_per_second_ * since.count()));
      }
    }
    return 0;
  }
  // The share of moments, in the middle of the run, whose estimate is right within a fifth.
  static void expect_right(const std::vector<Moment>& moments) {
    const auto begin = moments.front().when;
    const auto end = moments.back().when;
    int looked_at = 0;
    for (const Moment& one : moments) {
      if (one.when - begin < (end - begin) / 10 || end - one.when < (end - begin) / 10) {
        continue;
      }
      ++looked_at;
      ASSERT_TRUE(one.counts.remaining) << one.counts.elapsed.count();
      const std::chrono::duration<double> told = *one.counts.remaining;
      const std::chrono::duration<double> truth = end - one.when;
      ASSERT_NEAR(told.count(), truth.count(), truth.count() / 5) << one.counts.elapsed.count();
    }
    EXPECT_GT(looked_at, 100);
  }

  std::map<std::uint64_t, core::SteadyTime> seen_;
  double bytes_per_second_ = 0;
  cmd::ProgressMeter::Totals totals_;
  bool known_ = true;
};

TEST_F(ProgressMeterTest, TheEndOfASteadyRunOfQueriesIsEstimated) {
  plan_.rate = 50;
  expect_right(watch(2'000));
}

// Queries take only seconds, and there are far more videos than the lane holds.
TEST_F(ProgressMeterTest, TheEndOfASteadyRunOfDownloadsIsEstimatedFromTheirTotalNumber) {
  constexpr int kTasks = 1'500;
  static_assert(kTasks > 3 * core::DownloadWindow::kSize);
  plan_.download_concurrency = 8;
  plan_.concurrency = 64;
  transport_.latency = milliseconds(400);
  const auto moments = watch(kTasks);
  expect_right(moments);
  for (const Moment& one : moments) {
    const auto& counts = one.counts;
    if (counts.succeeded == kTasks) {
      EXPECT_EQ(counts.downloads_done + counts.downloads_active + counts.downloads_left, kTasks);
    }
    EXPECT_LE(counts.succeeded, kTasks);
    EXPECT_EQ(counts.bytes, counts.downloads_done * 1000);
  }
}

// Large videos end at the same time, once a minute: their bytes predict the end better than their
// number.
TEST_F(ProgressMeterTest, TheEndOfARunOfFewLargeVideosIsEstimated) {
  plan_.download_concurrency = 8;
  bytes_per_second_ = 8 * 1000.0 / 60;
  transport_.download_latency = seconds(60);
  expect_right(watch(8 * 40));
}

TEST_F(ProgressMeterTest, EachVideoUnderWayHasItsSpeedAndShare) {
  plan_.download_concurrency = 3;
  transport_.download_latency = seconds(12);
  const auto moments = watch(6);
  int looked_at = 0;
  for (const Moment& one : moments) {
    const auto& videos = one.counts.videos;
    EXPECT_EQ(static_cast<std::int64_t>(videos.size()), one.counts.downloads_active);
    for (std::size_t i = 0; i < videos.size(); ++i) {
      const cmd::VideoProgress& video = videos[i];
      EXPECT_TRUE(video.name.starts_with("t"));
      EXPECT_EQ(video.size, 1000) << "also while it is checked";
      if (video.is_checked) {
        EXPECT_GT(video.received, 900);
        continue;
      }
      if (video.received > 300) {
        EXPECT_NEAR(video.bytes_per_second, 100, 10);
        ++looked_at;
      }
      EXPECT_TRUE(i == 0 || videos[i - 1].life < video.life) << "the most urgent first";
    }
  }
  EXPECT_GT(looked_at, 50);
}

TEST_F(ProgressMeterTest, VideosOfEarlierRunsCount) {
  plan_.download = false;
  add_succeeding("a");
  run();
  plan_.download = true;
  ++plan_.run;
  const auto moments = watch(3, 1);
  EXPECT_EQ(moments.front().counts.downloads_left + moments.front().counts.downloads_active, 1);
  EXPECT_EQ(moments.back().counts.downloads_done, 4);
  EXPECT_EQ(moments.back().counts.downloads_left, 0);
}

TEST_F(ProgressMeterTest, NoEstimateWhileTheRunWaitsForUnfinishedTasks) {
  plan_.wait = true;
  plan_.deadline = minutes(2);
  ledger_.add("x", clock_.utc());
  scripts_[kPrefix + "x"] = {{answer(200, body("x", "IN_PROGRESS"))}, 0};
  std::optional<cmd::ProgressMeter> meter;
  cmd::ProgressCounts last;
  totals_.tasks = 1;
  totals_.known = true;
  prepare_ = [&](core::Engine& engine) {
    meter.emplace(clock_, cmd::ProgressMeter::Sources{.tally = engine.tally(),
                                                      .bytes_received = [] { return 0; },
                                                      .downloads = engine.downloads(),
                                                      .totals = totals_,
                                                      .waits = true});
    engine.on_turn([&] { last = meter->counts(); });
  };
  EXPECT_EQ(run().end, RunEnd::deadline);
  EXPECT_EQ(last.unfinished, 1);
  EXPECT_EQ(last.settled(), 0);
  EXPECT_EQ(last.remaining, std::nullopt);
}

TEST_F(ProgressMeterTest, NothingIsEstimatedWhileTheListIsImported) {
  known_ = false;
  transport_.download_latency = milliseconds(500);
  const std::vector<Moment> moments = watch(200);
  EXPECT_GT(moments.size(), 20U);
  for (const Moment& one : moments) {
    EXPECT_EQ(one.counts.tasks, 0) << "not known";
    EXPECT_EQ(one.counts.remaining, std::nullopt);
    EXPECT_EQ(one.counts.downloads_expected, 0);
  }
  EXPECT_EQ(moments.back().counts.queried, 200);
}

}  // namespace
