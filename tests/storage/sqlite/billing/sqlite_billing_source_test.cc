#include "core/billing/reports.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/error.h"
#include "storage/ledger_error.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/database.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/temp_dir.h"

namespace {

using core::TaskState;
using support::BillingAnswer;
using support::utc;
using SumVisit = std::function<void(const core::ReportLine&, std::int64_t)>;

core::ReportQuery between(std::int64_t begin, std::int64_t end) {
  return {.begin = core::UtcTime(std::chrono::milliseconds(begin)),
          .end = core::UtcTime(std::chrono::milliseconds(end))};
}

// The tasks of the lines, each once.
void each_task(core::Reports& reports, const core::ReportQuery& query,
               const std::function<void(const core::FinishedTask&)>& visit) {
  reports.each_line(query, {}, core::TimeZone("UTC"), [&](const core::ReportLine& line) {
    if (line.charge.kind == core::LineKind::main) {
      visit(line.task);
    }
  });
}

class ReportsTest : public testing::Test {
 protected:
  std::int64_t add(BillingAnswer answer, std::int64_t observed_at = 1000) {
    answer.observed_at = observed_at;
    return answers_.record(answer);
  }
  void add_finished(const std::string& id, std::int64_t finish,
                    TaskState state = TaskState::succeeded) {
    add({.id = id, .state = state, .facts = {.finish_time = utc(finish)}});
  }
  // Tasks t000001 … that finish 20 s apart, some without a finish time, some failed; ten at a time
  // are equal except for their IDs and, with `own_tokens`, their tokens.
  void add_many(int count, bool own_tokens) {
    add_finished("t000000", 0);
    const auto database = storage::open_for_writing(path_);
    const std::string numbers =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "WHERE i < " +
        std::to_string(count) + ") ";
    database->exec(numbers +
                   "INSERT INTO task (account, task_id, state, first_seen, final_snapshot, "
                   "submit_time, finish_time, model, action, resolution, duration_seconds, "
                   "completion_tokens, labels) SELECT 1, printf('t%06d', i), 1 + (i % 7 = 0), 0, "
                   "1 + i, i * 10000, CASE WHEN i % 50 THEN i * 20000 END, 'm' || (i % 3), NULL, "
                   "'720p', (i % 10) || '.50', " +
                   (own_tokens ? "i" : "NULL") +
                   ", CASE WHEN i % 4 THEN '{\"customer\":\"' || (i % 4) || '\"}' END FROM n");
    database->exec(numbers +
                   "INSERT INTO snapshot (id, task, run, observed_at, outcome, raw_bytes, "
                   "raw_sha256) SELECT 1 + i, (SELECT id FROM task WHERE account = 1 AND task_id = "
                   "printf('t%06d', i)), 1, i * 20000, (SELECT outcome FROM snapshot WHERE id = "
                   "1), 2, zeroblob(32) FROM n");
  }
  std::string ids(const core::ReportQuery& query) {
    std::string all;
    core::Reports reports(storage::open_billing_source(path_));
    each_task(reports, query, [&](const core::FinishedTask& task) {
      all += (all.empty() ? "" : " ") + task.task_id;
    });
    return all;
  }
  std::vector<core::BilledAt> sources(const core::ReportQuery& query) {
    std::vector<core::BilledAt> all;
    core::Reports reports(storage::open_billing_source(path_));
    each_task(reports, query,
              [&](const core::FinishedTask& task) { all.push_back(task.billed_at_source); });
    return all;
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::BillingLedger answers_{path_};
};

TEST_F(ReportsTest, ReturnsFinishedTasksByTimeThenId) {
  add_finished("c", 5000);
  add_finished("b", 5000);
  add_finished("a", 7000);
  add_finished("d", 4000);
  add_finished("failed", 6000, TaskState::failed);
  add({.id = "open", .state = TaskState::unfinished});
  add({.id = "gone", .state = TaskState::missing});
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
  using core::BilledAt;
  EXPECT_EQ(sources(between(3000, 3001)),
            (std::vector{BilledAt::first_seen_finished, BilledAt::named}));
  core::ReportQuery query = between(3000, 3001);
  query.time = core::ReportTime::submit;
  EXPECT_EQ(sources(query), std::vector{BilledAt::first_seen});
}

TEST_F(ReportsTest, ChoosesByStatusAndSubmitTime) {
  add({.id = "s", .facts = {.submit_time = utc(100), .finish_time = utc(9000)}});
  add({.id = "f",
       .state = TaskState::failed,
       .facts = {.submit_time = utc(200), .finish_time = utc(8000)}});
  core::ReportQuery query = between(0, 1000);
  EXPECT_EQ(ids(query), "");
  query.time = core::ReportTime::submit;
  EXPECT_EQ(ids(query), "s f");
  query.failures = false;
  EXPECT_EQ(ids(query), "s");
  query.failures = true;
  query.successes = false;
  EXPECT_EQ(ids(query), "f");
}

TEST_F(ReportsTest, ReadsEveryColumnAsItWasSent) {
  const std::int64_t snapshot = add({.account = "studio",
                                     .id = "t",
                                     .facts = {.start_time = utc(0),
                                               .finish_time = utc(5000),
                                               .action = "generate",
                                               .resolution = "720p",
                                               .ratio = "16:9",
                                               .duration_seconds = "5.0",
                                               .completion_tokens = "108900",
                                               .units = "3.60"},
                                     .list_model = "m",
                                     .labels = {{"customer", "A"}, {"project", "B"}}});
  int seen = 0;
  core::Reports reports(storage::open_billing_source(path_));
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
  add({.id = "a", .state = TaskState::unfinished, .facts = {.submit_time = utc(500)}}, 9000);
  add({.id = "b", .state = TaskState::unfinished}, 600);
  add({.id = "c", .state = TaskState::unfinished}, 1000);
  add({.id = "d", .state = TaskState::missing}, 700);
  add_finished("e", 700);
  const core::ReportQuery query = between(500, 1000);
  const core::OpenTasks open =
      core::Reports(storage::open_billing_source(path_)).source().open_tasks(query);
  EXPECT_EQ(open.unfinished, 2U);
  EXPECT_EQ(open.missing, 1U);
}

TEST_F(ReportsTest, OfOnlyOneAccount) {
  add({.id = "a",
       .facts = {.submit_time = utc(600), .finish_time = utc(600)},
       .labels = {{"of", "default"}}});
  add({.account = "studio",
       .id = "a",
       .facts = {.submit_time = utc(601), .finish_time = utc(601)},
       .labels = {{"for", "studio"}}});
  add({.account = "studio", .id = "b"}, 602);
  add({.account = "studio", .id = "open", .state = TaskState::unfinished}, 603);
  core::Reports reports(storage::open_billing_source(path_));
  core::ReportQuery query = between(500, 1000);
  EXPECT_EQ(ids(query), "a a b");
  query.account = reports.source().accounts().at("studio");
  EXPECT_EQ(ids(query), "a b");
  EXPECT_EQ(reports.label_names(query), std::vector<std::string>{"for"});
  EXPECT_EQ(reports.source().open_tasks(query).unfinished, 1U);
  std::int64_t tasks = 0;
  reports.sum_lines(query, {}, core::TimeZone("UTC"),
                    [&](const core::ReportLine& line, std::int64_t times) {
                      EXPECT_EQ(line.task.account, "studio");
                      tasks += times;
                    });
  EXPECT_EQ(tasks, 2);
  query.time = core::ReportTime::submit;
  EXPECT_EQ(ids(query), "a b");
  query.account = reports.source().accounts().at("default");
  EXPECT_EQ(ids(query), "a");
  EXPECT_EQ(reports.source().open_tasks(query).unfinished, 0U);
}

TEST_F(ReportsTest, ReadsOneStateWhileARunWrites) {
  core::Reports reports(storage::open_billing_source(path_));
  add_finished("late", 5000);
  int seen = 0;
  each_task(reports, between(0, 10000), [&](const core::FinishedTask&) { ++seen; });
  EXPECT_EQ(seen, 0);
}

// The number of lines of each kind that sums distinguish.
std::map<std::string, std::int64_t> kinds(const std::function<void(const SumVisit&)>& each) {
  const core::TimeZone zone("Europe/Berlin");
  std::map<std::string, std::int64_t> kinds;
  each([&](const core::ReportLine& line, std::int64_t times) {
    const core::FinishedTask& task = line.task;
    std::string kind = task.account + "|" + zone.day(task.billed_at) + "|" + task.facts.model +
                       "|" + task.facts.action + "|" + task.facts.resolution + "|" +
                       (task.succeeded ? "s" : "f") + "|" + line.charge.cost_note;
    for (const std::string_view count :
         {task.facts.duration_seconds, task.facts.completion_tokens}) {
      (kind += "|") += count;
    }
    for (const auto& [name, value] : task.labels) {
      kind += "|" + name + "=" + value;
    }
    kinds[kind] += times;
  });
  return kinds;
}

TEST_F(ReportsTest, SumsAreThoseOfTheLines) {
  constexpr std::int64_t kFrom = 3'000'000;  // the query begins and ends between tasks
  constexpr std::int64_t kTo = 190'000'000;
  add_many(10'000, false);
  // Opened anew: what was filled in by SQL has numbered snapshots.
  support::BillingLedger(path_).record({.account = "studio",
                                        .id = "t",
                                        .facts = {.finish_time = utc(4'000'000)},
                                        .observed_at = 1000});
  const core::TimeZone zone("Europe/Berlin");
  core::Reports reports(storage::open_billing_source(path_));
  for (const auto time : {core::ReportTime::finish, core::ReportTime::submit}) {
    for (const bool failures : {true, false}) {
      core::ReportQuery query = between(kFrom, kTo);
      query.time = time;
      query.failures = failures;
      const auto of_lines = kinds([&](const SumVisit& visit) {
        reports.each_line(query, {}, zone, [&](const core::ReportLine& line) { visit(line, 1); });
      });
      EXPECT_GT(of_lines.size(), 100U);
      EXPECT_EQ(kinds([&](const SumVisit& visit) { reports.sum_lines(query, {}, zone, visit); }),
                of_lines);
    }
  }
}

TEST_F(ReportsTest, SumsOfMoreKindsThanAreKeptAreComplete) {
  add_many(20'000, true);
  std::set<std::string> tokens;
  std::int64_t tasks = 0;
  core::Reports(storage::open_billing_source(path_))
      .sum_lines(between(1, 500'000'000), {}, core::TimeZone("UTC"),
                 [&](const core::ReportLine& line, std::int64_t times) {
                   tokens.insert(line.task.facts.completion_tokens);
                   tasks += times;
                 });
  EXPECT_EQ(tasks, 20'000);
  EXPECT_EQ(tokens.size(), 20'000U);
}

TEST_F(ReportsTest, SumsWithoutLabelsCombineTasks) {
  add_many(1000, false);
  core::ReportQuery query = between(0, 500'000'000);
  query.labels = false;
  std::int64_t tasks = 0;
  core::Reports(storage::open_billing_source(path_))
      .sum_lines(query, {}, core::TimeZone("UTC"),
                 [&](const core::ReportLine& line, std::int64_t times) {
                   EXPECT_TRUE(line.task.labels.empty());
                   tasks += times;
                 });
  EXPECT_EQ(tasks, 1001);
}

// Each commit adds a task to the first and to the last day of the period, which two connections sum
// up.
TEST_F(ReportsTest, SumsAreOfOneStateWhileARunCommits) {
  add_many(2, false);
  std::jthread writer([this](const std::stop_token& stop) {
    const auto database = storage::open_for_writing(path_);
    for (int i = 0; !stop.stop_requested(); ++i) {
      database->exec(
          "INSERT INTO task (account, task_id, state, first_seen, final_snapshot, "
          "finish_time) VALUES (1, 'first" +
          std::to_string(i) +
          "', 1, 0, 1, 1000), "
          "(1, 'last" +
          std::to_string(i) + "', 1, 0, 1, 900000000)");
    }
  });
  constexpr int kReports = 200;
  for (int i = 0; i < kReports; ++i) {
    std::int64_t balance = 0;
    core::Reports(storage::open_billing_source(path_))
        .sum_lines(between(500, 1'000'000'000), {}, core::TimeZone("UTC"),
                   [&](const core::ReportLine& line, std::int64_t times) {
                     if (line.task.facts.model.empty()) {
                       balance += line.task.billed_at < core::UtcTime(std::chrono::seconds(10))
                                      ? times
                                      : -times;
                     }
                   });
    ASSERT_EQ(balance, 0) << i;
  }
}

TEST_F(ReportsTest, AnExceptionOfAVisitEndsTheReport) {
  add_many(20'000, true);
  core::Reports reports(storage::open_billing_source(path_));
  const core::ReportQuery query = between(0, 500'000'000);
  const core::TimeZone zone("UTC");
  int visits = 0;
  const auto stop = [&visits] {
    if (++visits == 10) {
      throw core::Error("enough");
    }
  };
  EXPECT_THROW(reports.each_line(query, {}, zone, [&](const core::ReportLine&) { stop(); }),
               core::Error);
  EXPECT_EQ(visits, 10);
  visits = 0;
  EXPECT_THROW(
      reports.sum_lines(query, {}, zone, [&](const core::ReportLine&, std::int64_t) { stop(); }),
      core::Error);
}

TEST_F(ReportsTest, DamageEndsTheReportAfterThePrecedingLines) {
  add_many(5000, false);
  storage::open_for_writing(path_)->exec(
      "UPDATE task SET labels = '{\"customer' WHERE task_id = 't004000'");
  const core::ReportQuery query = between(1, 500'000'000);
  const core::TimeZone zone("UTC");
  core::Reports reports(storage::open_billing_source(path_));
  std::string last;
  int lines = 0;
  EXPECT_THROW(reports.each_line(query, {}, zone,
                                 [&](const core::ReportLine& line) {
                                   EXPECT_LT(last, line.task.task_id);
                                   last = line.task.task_id;
                                   ++lines;
                                 }),
               core::Error);
  EXPECT_GT(lines, 3000);
  EXPECT_LT(lines, 4000);
  EXPECT_THROW(reports.sum_lines(query, {}, zone, [](const core::ReportLine&, std::int64_t) {}),
               core::Error);
}

TEST(Reports, RefuseAMissingLedger) {
  const support::TempDir folder;
  EXPECT_THROW(storage::open_billing_source(folder.path("none.db")), storage::LedgerUnreadable);
}

}  // namespace
