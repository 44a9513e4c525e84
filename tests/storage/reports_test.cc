#include "storage/reports.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "storage/ledger_error.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/temp_dir.h"

namespace {

using support::BillingTask;

storage::ReportQuery between(std::int64_t begin, std::int64_t end) {
  return {.begin = core::UtcTime(std::chrono::milliseconds(begin)),
          .end = core::UtcTime(std::chrono::milliseconds(end))};
}

// The tasks behind the lines, each once.
void each_task(storage::Reports& reports, const storage::ReportQuery& query,
               const std::function<void(const core::FinishedTask&)>& visit) {
  reports.each_line(query, {}, core::TimeZone("UTC"), [&](const core::ReportLine& line) {
    if (line.charge.kind == core::LineKind::main) {
      visit(line.task);
    }
  });
}

class ReportsTest : public testing::Test {
 protected:
  ReportsTest() { support::make_billing_ledger(path_); }

  std::int64_t add(const BillingTask& task, std::int64_t observed_at = 1000) {
    return support::add_billing_task(path_, task, observed_at);
  }
  void add_finished(const std::string& id, std::int64_t finish, int state = 1) {
    add({.id = id,
         .state = state,
         .columns = ", finish_time",
         .values = ", " + std::to_string(finish)});
  }
  std::string ids(const storage::ReportQuery& query) {
    std::string all;
    storage::Reports reports(path_);
    each_task(reports, query, [&](const core::FinishedTask& task) {
      all += (all.empty() ? "" : " ") + task.task_id;
    });
    return all;
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
};

TEST_F(ReportsTest, GivesFinishedTasksByTimeThenId) {
  add_finished("c", 5000);
  add_finished("b", 5000);
  add_finished("a", 7000);
  add_finished("d", 4000);
  add_finished("failed", 6000, 2);
  add({.id = "open", .state = 0});
  add({.id = "gone", .state = 3});
  EXPECT_EQ(ids(between(0, 10000)), "d b c failed a");
}

TEST_F(ReportsTest, PeriodsAreHalfOpen) {
  add_finished("before", 999);
  add_finished("first", 1000);
  add_finished("last", 1999);
  add_finished("after", 2000);
  EXPECT_EQ(ids(between(1000, 2000)), "first last");
  EXPECT_EQ(ids(between(3000, 4000)), "");
}

TEST_F(ReportsTest, WithoutAFinishTimeTheFirstFinalSnapshotCounts) {
  add({.id = "x"}, 3000);
  add_finished("w", 2000);
  add_finished("y", 3000);
  add_finished("z", 4000);
  EXPECT_EQ(ids(between(0, 10000)), "w x y z");
  std::vector<bool> noted;
  storage::Reports reports(path_);
  each_task(reports, between(3000, 3001),
            [&](const core::FinishedTask& task) { noted.push_back(task.billed_at_is_first_seen); });
  EXPECT_EQ(noted, (std::vector<bool>{true, false}));
}

TEST_F(ReportsTest, ChoosesByStatusAndSubmitTime) {
  add({.id = "s", .state = 1, .columns = ", submit_time, finish_time", .values = ", 100, 9000"});
  add({.id = "f", .state = 2, .columns = ", submit_time, finish_time", .values = ", 200, 8000"});
  storage::ReportQuery query = between(0, 1000);
  EXPECT_EQ(ids(query), "");
  query.time = storage::ReportTime::submit;
  EXPECT_EQ(ids(query), "s f");
  query.failures = false;
  EXPECT_EQ(ids(query), "s");
  query.failures = true;
  query.successes = false;
  EXPECT_EQ(ids(query), "f");
}

TEST_F(ReportsTest, ReadsEveryColumnAsItWasSent) {
  const std::int64_t snapshot =
      add({.account = "studio",
           .id = "t",
           .columns = ", finish_time, start_time, input_model, action, resolution, ratio, "
                      "duration_seconds, completion_tokens, units, labels",
           .values = ", 5000, 0, 'm', 'generate', '720p', '16:9', '5.0', '108900', '3.60', "
                     "'{\"customer\":\"A\",\"project\":\"B\"}'"});
  int seen = 0;
  storage::Reports reports(path_);
  each_task(reports, between(0, 10000), [&](const core::FinishedTask& task) {
    ++seen;
    EXPECT_EQ(task.account, "studio");
    EXPECT_TRUE(task.succeeded);
    EXPECT_EQ(task.facts.model, "m");
    EXPECT_EQ(task.facts.ratio, "16:9");
    EXPECT_EQ(task.facts.duration_seconds, "5.0");
    EXPECT_EQ(task.facts.output_seconds, "");
    EXPECT_EQ(task.facts.units, "3.60");
    EXPECT_FALSE(task.facts.submit_time);
    EXPECT_EQ(task.labels, (core::Labels{{"customer", "A"}, {"project", "B"}}));
    EXPECT_EQ(task.snapshot, snapshot);
    EXPECT_EQ(task.raw_sha256, "e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402bf6273dd8");
  });
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(reports.label_names(between(0, 10000)),
            (std::vector<std::string>{"customer", "project"}));
  EXPECT_TRUE(reports.label_names(between(6000, 10000)).empty());
}

TEST_F(ReportsTest, CountsOpenTasksBySubmitTimeElseFirstSeen) {
  add({.id = "a", .state = 0, .columns = ", submit_time", .values = ", 500"}, 9000);
  add({.id = "b", .state = 0}, 600);
  add({.id = "c", .state = 0}, 1000);
  add({.id = "d", .state = 3}, 700);
  add_finished("e", 700);
  const storage::ReportQuery query = between(500, 1000);
  const storage::OpenTasks open = storage::Reports(path_).open_tasks(query.begin, query.end);
  EXPECT_EQ(open.unfinished, 2U);
  EXPECT_EQ(open.missing, 1U);
}

TEST_F(ReportsTest, ReadsOneStateWhileARunWrites) {
  storage::Reports reports(path_);
  add_finished("late", 5000);
  int seen = 0;
  each_task(reports, between(0, 10000), [&](const core::FinishedTask&) { ++seen; });
  EXPECT_EQ(seen, 0);
}

TEST(Reports, RefuseAMissingLedger) {
  const support::TempDir folder;
  EXPECT_THROW(storage::Reports(folder.path("none.db")), storage::LedgerUnreadable);
}

}  // namespace
