// What `status` shows of a crew.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "storage/postgres/postgres_ledger.h"
#include "storage/postgres/postgres_reader.h"
#include "storage/postgres/postgres_work_list.h"
#include "storage/postgres/server_transaction.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/postgres_server.h"

namespace {

using storage::LedgerUrl;

class PostgresCrewReader : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
    lent_.emplace();
  }
  // A run, of a crew or alone, that hears a success of each task.
  void run(const std::string& crew, const std::vector<std::string>& ids, bool ends) {
    storage::PostgresWorkList work(LedgerUrl(lent_->url()), clock_,
                                   {.crew = crew, .heartbeat = false});
    work.begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
    entries::import(work, ids);
    {
      storage::PostgresLedger ledger(work, [] {});
      for (const core::TaskRecord& task : entries::tasks(ledger)) {
        ledger.append(entries::answered(
            {.task = task.key, .id = task.id.text(), .body = entries::success(task.id.text())}));
      }
      ledger.flush();
    }
    if (ends) {
      work.end_run(0, "{}");
    }
  }

  support::ManualClock clock_;
  std::optional<support::LentLedger> lent_;
};

TEST_F(PostgresCrewReader, TheAnswersOfEarlierRunsAreNotCountedAsItsOwn) {
  run("", {"a", "b", "c"}, true);
  run("night", {"d"}, false);
  storage::Connection connection{LedgerUrl(lent_->url())};
  storage::transact(connection, [&] {
    connection.execute("UPDATE runner SET alive_until = 0 WHERE crew = 'night'");
  });
  storage::PostgresReader reader{LedgerUrl(lent_->url())};
  const auto crew = reader.crew("night");
  ASSERT_EQ(crew.size(), 1U);
  EXPECT_EQ(crew[0].answers, 1U);
  EXPECT_EQ(crew[0].state, core::CrewRun::State::silent);
  EXPECT_EQ(crew[0].rate_share, std::nullopt) << "no rate was given";
}

}  // namespace
