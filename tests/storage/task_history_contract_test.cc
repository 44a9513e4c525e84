// What core::LedgerReader promises of the history of a task, held against the fake and every back
// end.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger/ledger_reader.h"
#include "tests/storage/runs.h"
#include "tests/storage/view_columns.h"

namespace {

using core::VideoState;
using runs::columns;
using runs::expect_columns;
using std::chrono::milliseconds;

class TaskHistoryContract : public testing::TestWithParam<support::BackEndMaker> {
 protected:
  runs::Runs runs_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, TaskHistoryContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

TEST_P(TaskHistoryContract, ATaskIsKnownToItsAccountAlone) {
  runs_.begin_run({"one", "two"});
  runs_.import({"a"}, {}, 1);
  const auto reader = runs_.reader();
  EXPECT_TRUE(reader->task("two", entries::id("a")));
  EXPECT_FALSE(reader->task("one", entries::id("a")));
  EXPECT_FALSE(reader->task("two", entries::id("b")));
  EXPECT_FALSE(reader->task("three", entries::id("a")));
}

TEST_P(TaskHistoryContract, ATaskThatOnlyListsNamed) {
  runs_.begin_run();
  runs_.import(std::vector{core::WantedTask{
      .id = entries::id("a"), .model = "kling", .labels = {{"customer", "A \"B\""}, {"n", "1"}}}});
  const auto history = runs_.reader()->task("default", entries::id("a"));
  ASSERT_TRUE(history);
  expect_columns(history->task, {{"account", "default"},
                                 {"task_id", "a"},
                                 {"state", "unfinished"},
                                 {"status", std::nullopt},
                                 {"progress", std::nullopt},
                                 {"model", "kling"},
                                 {"submit_time", std::nullopt},
                                 {"first_seen", "2026-06-01T04:00:00.000Z"},
                                 {"last_query", std::nullopt},
                                 {"queries", "0"},
                                 {"labels", R"({"customer":"A \"B\"","n":"1"})"},
                                 {"videos", "0"},
                                 {"videos_on_disk", "0"}});
  EXPECT_TRUE(history->snapshots.empty());
  EXPECT_TRUE(history->videos.empty());
}

TEST_P(TaskHistoryContract, AHistoryHasTheTaskItsSnapshotsAndItsVideos) {
  runs_.run_with({"a"});
  runs_.hear("a", entries::running("a"));
  runs_.clock().advance(milliseconds(1500));
  runs_.hear("a", entries::success("a", "1780371305", "5"));
  runs_.fail_to_save("a", VideoState::wanted);
  const auto history = runs_.reader()->task("default", entries::id("a"));
  ASSERT_TRUE(history);
  expect_columns(history->task, {{"state", "succeeded"},
                                 {"status", "SUCCESS"},
                                 {"progress", "100%"},
                                 {"model", std::nullopt},
                                 {"action", "generate"},
                                 {"submit_time", "2026-06-01T03:33:40Z"},
                                 {"start_time", "2026-06-01T03:33:44Z"},
                                 {"finish_time", "2026-06-01T03:35:18Z"},
                                 {"last_query", "2026-06-01T04:00:01.500Z"},
                                 {"queries", "2"},
                                 {"duration_seconds", "5"},
                                 {"fail_reason", std::nullopt},
                                 {"labels", std::nullopt},
                                 {"videos", "1"},
                                 {"videos_on_disk", "0"}});
  ASSERT_EQ(history->snapshots.size(), 2U);
  const core::SnapshotRecord& first = history->snapshots[0];
  expect_columns(first.columns, {{"account", "default"},
                                 {"task_id", "a"},
                                 {"snapshot_id", "1"},
                                 {"run_id", "1"},
                                 {"observed_at", "2026-06-01T04:00:00.000Z"},
                                 {"http_status", "200"},
                                 {"code", "success"},
                                 {"status", "IN_PROGRESS"},
                                 {"progress", "30%"},
                                 {"raw_bytes", std::to_string(entries::running("a").size())}});
  EXPECT_EQ(first.answer, entries::running("a"));
  EXPECT_TRUE(first.usage.empty());
  const core::SnapshotRecord& last = history->snapshots[1];
  EXPECT_EQ(last.answer, entries::success("a", "1780371305", "5"));
  std::string usage;
  for (const core::ViewRow& metric : last.usage) {
    usage += columns(metric)["name"].value() + "=" + columns(metric)["value"].value() + " ";
  }
  EXPECT_EQ(usage,
            "SR=1080 duration=5 input_video_duration=0 output_video_duration=8 video_count=1 ");
  ASSERT_EQ(history->videos.size(), 1U);
  expect_columns(history->videos[0], {{"account", "default"},
                                      {"task_id", "a"},
                                      {"video_index", "1"},
                                      {"state", "wanted"},
                                      {"path", std::nullopt},
                                      {"bytes", std::nullopt},
                                      {"sha256", std::nullopt},
                                      {"expires_at", "2026-06-02T03:35:05Z"},
                                      {"attempts", "1"},
                                      {"last_error", "HTTP 403"}});
}

TEST_P(TaskHistoryContract, AHistorySaysWhereASavedVideoLies) {
  runs_.run_with({"a"});
  runs_.hear("a", entries::success("a"));
  runs_.save("a", "/v/a.mp4");
  const auto history = runs_.reader()->task("default", entries::id("a"));
  ASSERT_EQ(history.value().videos.size(), 1U);
  expect_columns(history->videos[0], {{"state", "done"},
                                      {"path", "/v/a.mp4"},
                                      {"bytes", "1000"},
                                      {"sha256", std::string(64, 'a')},
                                      {"last_error", std::nullopt}});
  expect_columns(history->task, {{"videos_on_disk", "1"}});
}

TEST_P(TaskHistoryContract, TheNewestAnswersCanBeReadAlone) {
  runs_.run_with({"a", "b"});
  for (const char* progress : {"10%", "20%", "30%", "40%"}) {
    runs_.hear("a", entries::running("a", progress));
    runs_.hear("b", entries::running("b", progress));
  }
  const auto progress_of = [](const core::TaskHistory& history) {
    std::string all;
    for (const core::SnapshotRecord& one : history.snapshots) {
      all += columns(one.columns)["progress"].value_or("") + " ";
    }
    return all;
  };
  const auto reader = runs_.reader();
  for (const auto& [count, shown] : std::vector<std::pair<std::size_t, std::string>>{
           {1, "40% "}, {3, "20% 30% 40% "}, {4, "10% 20% 30% 40% "}, {5, "10% 20% 30% 40% "}}) {
    const auto history = reader->task_of_late("default", entries::id("a"), count);
    ASSERT_TRUE(history) << count;
    EXPECT_EQ(progress_of(*history), shown) << count;
    EXPECT_EQ(history->earlier_answers, 4 - std::min<std::size_t>(count, 4)) << count;
  }
  EXPECT_EQ(reader->task("default", entries::id("a"))->snapshots.size(), 4U);
  EXPECT_FALSE(reader->task_of_late("other", entries::id("a"), 1));
}

}  // namespace
