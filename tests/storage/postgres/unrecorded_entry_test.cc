// An entry that the server refuses for what is in it costs no other entry its place in the ledger.
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "storage/postgres/postgres_work_list.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/postgres_server.h"

namespace {

class UnrecordedOnPostgres : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
  }

  static std::string text(storage::Connection& connection, const std::string& sql) {
    storage::Rows row = connection.query(sql);
    return row.step() && !row.is_null(0) ? std::string(row.text(0)) : "";
  }
};

TEST_F(UnrecordedOnPostgres, AnEntryThatCannotBeRecordedAffectsNoOther) {
  struct Case {
    const char* name;
    const char* table;
    const char* trouble;  // a condition that task b breaks
    const char* snapshots;
  };
  for (const Case& one : {Case{"its end", "reeltally.task", "task_id <> 'b' OR state = 0", "a b c"},
                          Case{"its answer", "reeltally.snapshot", "task <> ", "a c"}}) {
    SCOPED_TRACE(one.name);
    const support::LentLedger lent;
    support::ManualClock clock;
    storage::Connection connection{storage::LedgerUrl(lent.url())};
    storage::PostgresWorkList work(storage::LedgerUrl(lent.url()), clock, {.heartbeat = false});
    const std::int64_t run =
        work.begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
    entries::import(work, std::vector<std::string>{"a", "b", "c"});
    std::string trouble = one.trouble;
    if (trouble.ends_with("<> ")) {
      trouble += text(connection, "SELECT id::text FROM reeltally.task WHERE task_id = 'b'");
    }
    connection.execute("ALTER TABLE " + std::string(one.table) + " ADD CONSTRAINT trouble CHECK (" +
                       trouble + ")");
    std::vector<core::Entry> batch;
    for (const char* id : {"a", "b", "c"}) {
      const std::string key =
          "SELECT id::text FROM reeltally.task WHERE task_id = '" + std::string(id) + "'";
      batch.emplace_back(entries::answered({.task = std::stoll(text(connection, key)),
                                            .id = id,
                                            .body = entries::success(id),
                                            .run = run}));
    }
    const std::vector<core::Unrecorded> unrecorded = work.write(batch);
    // The ledger is lent to other tests, too.
    connection.execute("ALTER TABLE " + std::string(one.table) + " DROP CONSTRAINT trouble");
    ASSERT_EQ(unrecorded.size(), 1U);
    EXPECT_EQ(unrecorded[0].task_id, "b");
    EXPECT_NE(unrecorded[0].why.find("trouble"), std::string::npos) << unrecorded[0].why;
    EXPECT_TRUE(std::holds_alternative<core::AnswerEntry>(unrecorded[0].entry));
    EXPECT_EQ(
        text(connection, "SELECT string_agg(state, ' ' ORDER BY task_id) FROM reeltally.v_task"),
        "succeeded unfinished succeeded");
    EXPECT_EQ(text(connection,
                   "SELECT string_agg(task_id, ' ' ORDER BY task_id) FROM reeltally.v_snapshot"),
              one.snapshots);
  }
}

}  // namespace
