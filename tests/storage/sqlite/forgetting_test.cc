#include "storage/sqlite/forgetting.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/billing/reports.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/check/ledger_check.h"
#include "tests/storage/small_ledger.h"

namespace {

using storage::ForgetRefusal;

// Tasks `lacking`, `old` (both finished) and `open`.
class ForgettingTest : public SmallLedgerTest {
 protected:
  std::string state_of(const std::string& id) {
    SQLite::Database database(path_);
    return database
        .execAndGet("SELECT state || ' ' || stale FROM v_task WHERE task_id = '" + id + "'")
        .getString();
  }
  std::uint64_t open_tasks() {
    core::ReportQuery query;
    query.begin = core::UtcTime{};
    query.end = core::UtcTime::max();
    const core::OpenTasks open =
        core::Reports(storage::open_billing_source(path_)).source().open_tasks(query);
    return open.unfinished + open.missing;
  }
  std::uint64_t tasks_that_block_a_closing() {
    core::Period always;
    always.end = core::UtcTime::max();
    const core::PeriodBlockers blockers =
        storage::open_billing_source(path_)->blockers(always, core::UtcTime{});
    return blockers.running.count + blockers.stale.count;
  }
  std::uint64_t pending() {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1",
                     .host = "h",
                     .inputs = {},
                     .accounts = {"default"},
                     .stale_after = std::chrono::hours(24 * 36500)});
    store.add_pending(0);
    return store.tasks_to_ask();
  }
};

TEST_F(ForgettingTest, AForgottenTaskIsNeitherQueriedNorCountedUntilItIsNamedAgain) {
  const std::uint64_t before = pending();
  ASSERT_EQ(open_tasks(), 1U);
  ASSERT_EQ(tasks_that_block_a_closing(), 1U);
  const auto report = storage::forget_tasks(path_, "default", {entries::id("open")}, clock_.utc());
  EXPECT_EQ(report.forgotten, 1U);
  EXPECT_TRUE(report.refused.empty());
  EXPECT_EQ(state_of("open"), "forgotten 0");
  EXPECT_EQ(open_tasks(), 0U);
  EXPECT_EQ(tasks_that_block_a_closing(), 0U);
  EXPECT_EQ(pending(), before - 1);
  const core::LedgerTotals totals = storage::SqliteReader(path_).totals(clock_.utc());
  EXPECT_EQ(totals.tasks, 2U);
  EXPECT_EQ(totals.unfinished, 0U);
  EXPECT_EQ(totals.forgotten, 1U);
  EXPECT_FALSE(totals.oldest_unfinished);
  EXPECT_EQ(answers("open").size(), 1U) << "its history stays";
  EXPECT_EQ(storage::check_ledger(path_, ""), std::vector<std::string>{});
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    entries::import(store, std::vector<std::string>{"open"});
    EXPECT_EQ(store.tasks_to_ask(), 1U);
  }
  EXPECT_EQ(state_of("open").substr(0, 10), "unfinished");
  EXPECT_EQ(open_tasks(), 1U);
}

TEST_F(ForgettingTest, WhatMayBeOnABillIsRefused) {
  const auto report = storage::forget_tasks(
      path_, "default", {entries::id("old"), entries::id("nobody"), entries::id("open")},
      clock_.utc());
  EXPECT_EQ(report.forgotten, 1U);
  ASSERT_EQ(report.refused.size(), 2U);
  EXPECT_EQ(report.refused[0].task_id, "old");
  EXPECT_EQ(report.refused[0].why, ForgetRefusal::answered);
  EXPECT_EQ(report.refused[1].why, ForgetRefusal::unknown);
  EXPECT_EQ(
      storage::forget_tasks(path_, "other", {entries::id("open")}, clock_.utc()).refused.size(), 1U)
      << "of another account";
}

TEST_F(ForgettingTest, AnImportIsTheTasksFirstSeenInItsRun) {
  clock_.advance(std::chrono::hours(1));
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    clock_.advance(std::chrono::seconds(1));
    entries::import(store, std::vector<std::string>{"open", "new1", "new2"});
    clock_.advance(std::chrono::seconds(1));
    store.end_run(0, R"({"run_id":2,"exit_code":0})");
  }
  clock_.advance(std::chrono::hours(1));
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    entries::import(store, std::vector<std::string>{"newer"});
  }
  EXPECT_FALSE(storage::forget_import(path_, 9, clock_.utc()));
  const auto second = storage::forget_import(path_, 2, clock_.utc());
  EXPECT_EQ(second.value().forgotten, 2U);
  EXPECT_EQ(second.value().answered, 0U);
  EXPECT_EQ(state_of("new1").substr(0, 9), "forgotten");
  EXPECT_EQ(state_of("open").substr(0, 10), "unfinished");
  EXPECT_EQ(state_of("newer").substr(0, 10), "unfinished");
  const auto first = storage::forget_import(path_, 1, clock_.utc());
  EXPECT_EQ(first.value().forgotten, 1U) << "it never ended, so it lasted until the next began";
  EXPECT_EQ(first.value().answered, 2U);
}

// The remedy after a list was imported for a wrong account.
TEST_F(ForgettingTest, AForgottenTaskIsNotSharedByTwoAccounts) {
  {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"other"}});
    entries::import(store, std::vector<std::string>{"open"});
  }
  const auto shared = [&] {
    return storage::open_billing_source(path_)->shared_tasks(core::SharedTaskScope::ledger).size();
  };
  ASSERT_EQ(shared(), 1U);
  EXPECT_EQ(storage::forget_tasks(path_, "other", {entries::id("open")}, clock_.utc()).forgotten,
            1U);
  EXPECT_EQ(shared(), 0U);
}

}  // namespace
