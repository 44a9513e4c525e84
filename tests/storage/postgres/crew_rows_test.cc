// What a sign of life of a crew's run costs the server.
#include "storage/postgres/crew_rows.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "storage/postgres/postgres_work_list.h"
#include "storage/postgres/run_fence.h"
#include "storage/postgres/server_transaction.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/postgres_server.h"

namespace {

class CrewRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
  }
};

TEST_F(CrewRowsTest, ASignOfLifeReadsNoRunsOfThePast) {
  const support::LentLedger lent;
  support::ManualClock clock;
  storage::Connection connection{storage::LedgerUrl(lent.url())};
  storage::PostgresWorkList work(storage::LedgerUrl(lent.url()), clock,
                                 {.crew = "night", .rate = 10, .heartbeat = false});
  work.begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
  entries::import(work, std::vector<std::string>{"a", "b"});
  storage::transact(connection, [&] {
    connection.run_script(
        "INSERT INTO run (id, started_at, finished_at, version, host, inputs, stale_after_ms, "
        "crew) "
        "SELECT n, 1, 2, '1', 'h', '[]', 0, 'night' FROM generate_series(1000, 6000) AS n;"
        "INSERT INTO runner (run, token, crew, process, alive_until) "
        "SELECT n, n::text, 'night', 'p', 2 FROM generate_series(1000, 6000) AS n;"
        "ANALYZE run; ANALYZE runner");
  });
  std::int64_t read = -1;
  work.fence().renew(connection, [&] {
    storage::CrewPlace place;
    storage::declare_others_lost(connection, work.fence());
    storage::renew_place(connection, work.fence(), 0, place);
    EXPECT_EQ(place.share, 10);
    storage::Rows row = connection.query(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint "
        "FROM pg_stat_xact_user_tables WHERE relname IN ('run', 'runner')");
    ASSERT_TRUE(row.step());
    read = row.integer(0);
  });
  EXPECT_GE(read, 1);
  EXPECT_LT(read, 100) << "rows, of 5,000 past runs";
}

}  // namespace
