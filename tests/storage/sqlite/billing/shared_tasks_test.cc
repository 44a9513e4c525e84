#include "core/billing/billing_source.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/billing/price_book.h"
#include "core/billing/reports.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/database.h"
#include "tests/storage/entries.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/temp_dir.h"

namespace {

using core::SharedTasks;
using core::SharedTaskScope;

class SharedTasksTest : public testing::Test {
 protected:
  // A success of 5 seconds, whose answer has the SHA-256 of its ID.
  void add(const std::string& account, const std::string& id, std::int64_t finish = 2000,
           core::TaskState state = core::TaskState::succeeded) {
    answers_.record({.account = account,
                     .id = id,
                     .state = state,
                     .facts = {.submit_time = support::utc(1000),
                               .finish_time = support::utc(finish),
                               .model = "m",
                               .duration_seconds = "5"},
                     .observed_at = 1000});
  }
  void exec(const std::string& sql) { storage::open_for_writing(path_)->exec(sql); }
  // Makes the bytes of the answers differ, as signed links do.
  void make_bytes_differ() {
    exec("DROP TRIGGER snapshot_is_fixed; UPDATE snapshot SET raw_sha256 = randomblob(32)");
  }
  std::vector<SharedTasks> shared(SharedTaskScope scope = SharedTaskScope::ledger) {
    return storage::open_billing_source(path_)->shared_tasks(scope);
  }
  // "account task_id cost note; …" of all lines.
  std::string lines(bool with_prices = true) {
    const auto prices = core::PriceBook::parse(
        "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nm,second,,,2,USD,,\n", "p");
    std::string all;
    core::Reports reports(storage::open_billing_source(path_));
    reports.each_line({.begin = core::UtcTime{}, .end = core::UtcTime(std::chrono::hours(1))},
                      {.prices = with_prices ? &prices : nullptr}, core::TimeZone("UTC"),
                      [&](const core::ReportLine& line) {
                        all += line.task.account + " " + line.task.task_id + " " +
                               (line.charge.cost ? line.charge.cost->text() : "-") + " " +
                               line.charge.cost_note + ";";
                      });
    return all;
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  support::BillingLedger answers_{path_};
};

TEST_F(SharedTasksTest, AreNoneUnderOneAccountOrUnderDifferentIds) {
  add("default", "a");
  EXPECT_TRUE(shared().empty());
  add("b", "c");
  EXPECT_TRUE(shared().empty());
}

TEST_F(SharedTasksTest, AreCountedForEachPairOfAccounts) {
  add("default", "a");
  add("b", "a");
  add("default", "numbered", 2000);
  add("b", "numbered", 3000);  // of another gateway: bytes and times differ
  make_bytes_differ();
  add("c", "z");
  add("b", "z");
  const std::vector<SharedTasks> all = shared();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].account + "/" + all[0].other, "default/b");
  EXPECT_EQ(all[0].tasks, 2U);
  EXPECT_EQ(all[0].one_task, 1U);
  EXPECT_EQ(all[0].example, "a");
  EXPECT_EQ(all[1].account + "/" + all[1].other, "b/c");
  EXPECT_EQ(all[1].one_task, 1U);
}

TEST_F(SharedTasksTest, OfTheLastRunAreThoseThatItQueried) {
  add("default", "a");
  add("b", "a");
  add("default", "old");
  add("b", "old");
  const auto back_end = support::sqlite_back_end(path_);
  const auto work = back_end->open_work_list();
  work->begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default", "b"}});
  entries::import(*work, std::vector<std::string>{"a"}, {}, 0);
  ASSERT_EQ(shared(SharedTaskScope::last_run).size(), 1U);
  EXPECT_EQ(shared(SharedTaskScope::last_run)[0].tasks, 1U);
  entries::import(*work, std::vector<std::string>{"a"}, {}, 1);
  EXPECT_EQ(shared(SharedTaskScope::last_run)[0].tasks, 1U) << "both rows are one pair";
}

TEST_F(SharedTasksTest, AreChargedOnceUnderTheAccountThatWasSeenFirst) {
  add("default", "a");
  add("b", "a");
  EXPECT_EQ(lines(), "b a 0 charged under account default;default a 10 ;");
  EXPECT_EQ(lines(false), "b a 0 charged under account default;default a - no price book;");
  make_bytes_differ();
  EXPECT_EQ(lines(), "b a 0 charged under account default;default a 10 ;") << "the times tell";
}

TEST_F(SharedTasksTest, OfTwoGatewaysAreBothCharged) {
  add("default", "a", 2000);
  add("b", "a", 3000);
  make_bytes_differ();
  EXPECT_EQ(lines(), "default a 10 ;b a 10 ;");
}

TEST_F(SharedTasksTest, ThatAListNamesForBothAccountsAreNotShared) {
  add("default", "a");
  add("b", "a");
  exec("UPDATE task SET account_named = 1 WHERE account = 1");
  EXPECT_EQ(lines(), "b a 0 charged under account default;default a 10 ;");
  exec("UPDATE task SET account_named = 1");
  EXPECT_EQ(lines(), "b a 10 ;default a 10 ;");
  EXPECT_TRUE(shared().empty());
}

TEST_F(SharedTasksTest, ThatFailedCostNothingAnyway) {
  add("default", "a", 2000, core::TaskState::failed);
  add("b", "a", 2000, core::TaskState::failed);
  EXPECT_EQ(lines(), "b a 0 failed;default a 0 failed;");
}

TEST_F(SharedTasksTest, HaveTheSameSumsAsTheirLines) {
  add("default", "a");
  add("b", "a");
  add("b", "own");
  const auto prices = core::PriceBook::parse(
      "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nm,second,,,2,USD,,\n", "p");
  std::map<std::string, core::Decimal> cost;
  core::Reports reports(storage::open_billing_source(path_));
  reports.sum_lines({.begin = core::UtcTime{}, .end = core::UtcTime(std::chrono::hours(1))},
                    {.prices = &prices}, core::TimeZone("UTC"),
                    [&](const core::ReportLine& line, std::int64_t times) {
                      cost[line.task.account] += *line.charge.cost * core::Decimal(times);
                    });
  EXPECT_EQ(cost["default"].text(), "10");
  EXPECT_EQ(cost["b"].text(), "10");
}

}  // namespace
