// What runs of one crew must agree on, and in what they may differ.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "storage/postgres/postgres_ledger.h"
#include "storage/postgres/postgres_work_list.h"
#include "storage/postgres/server_transaction.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/postgres_server.h"

namespace {

using storage::LedgerUrl;

class PostgresCrewTerms : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
    lent_.emplace();
  }
  std::unique_ptr<storage::PostgresWorkList> begin(const std::vector<std::string>& accounts,
                                                   bool downloads = true) {
    auto work = std::make_unique<storage::PostgresWorkList>(
        LedgerUrl(lent_->url()), clock_,
        storage::RunnerTerms{.crew = "night", .downloads = downloads, .heartbeat = false});
    work->begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = accounts});
    return work;
  }
  std::string text(const std::string& sql) {
    storage::Connection connection{LedgerUrl(lent_->url())};
    std::string found;
    storage::transact(connection, [&] {
      storage::Rows rows = connection.query(sql);
      found = rows.step() ? std::string(rows.text(0)) : "";
    });
    return found;
  }

  support::ManualClock clock_;
  std::optional<support::LentLedger> lent_;
};

TEST_F(PostgresCrewTerms, ATaskOfAnAccountThatAMemberLacksIsNamed) {
  const auto one = begin({"default", "other"});
  entries::import(*one, std::vector<std::string>{"theirs"}, {}, 1);
  const auto two = begin({"default"});
  storage::PostgresLedger ledger(*two, [] {});
  try {
    static_cast<void>(entries::tasks(ledger));
    FAIL();
  } catch (const core::Error& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("task theirs of an account that this run does not have"), std::string::npos)
        << text;
  }
}

TEST_F(PostgresCrewTerms, AMemberWithoutDownloadsLeavesTheVideosToOthers) {
  const auto one = begin({"default"}, false);
  entries::import(*one, std::vector<std::string>{"a"});
  {
    storage::PostgresLedger ledger(*one, [] {});
    const auto tasks = entries::tasks(ledger);
    ASSERT_EQ(tasks.size(), 1U);
    ledger.append(
        entries::answered({.task = tasks[0].key, .id = "a", .body = entries::success("a", "")}));
    EXPECT_TRUE(entries::videos(ledger, 10).empty());
  }
  one->end_run(0, "{}");
  const auto two = begin({"default"});
  entries::import(*two, std::vector<std::string>{"a"});
  storage::PostgresLedger ledger(*two, [] {});
  static_cast<void>(entries::tasks(ledger));  // takes the work over
  EXPECT_EQ(entries::videos(ledger, 10).size(), 1U);
}

TEST_F(PostgresCrewTerms, ARowThatNamesItsAccountMarksItsTask) {
  const auto one = begin({"default"});
  entries::import(*one, std::vector<std::string>{"a", "b"});
  const std::vector<core::WantedTask> named{{.id = entries::id("b"), .account = "default"},
                                            {.id = entries::id("c"), .account = "default"}};
  entries::import(*one, named);
  entries::import(*one, named);
  EXPECT_EQ(text("SELECT string_agg(task_id || account_named, ' ' ORDER BY task_id) FROM task"),
            "a0 b1 c1");
}

TEST_F(PostgresCrewTerms, ARunAloneHasNoCrewToShow) {
  storage::PostgresWorkList work(LedgerUrl(lent_->url()), clock_,
                                 storage::RunnerTerms{.heartbeat = false});
  work.begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
  entries::import(work, std::vector<std::string>{"a"});
  storage::PostgresLedger ledger(work, [] {});
  EXPECT_EQ(entries::tasks(ledger).size(), 1U);
  EXPECT_FALSE(ledger.crew_standing());
}

}  // namespace
