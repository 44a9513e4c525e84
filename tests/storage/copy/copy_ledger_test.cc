#include "storage/copy/copy_ledger.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "storage/migration.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/server_transaction.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/maintenance.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/ledger_tables.h"
#include "tests/support/back_end.h"
#include "tests/support/ledger_dump.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_dir.h"

namespace {

using support::Dump;
using support::dump_of;

using Kind = storage::TableColumn::Kind;
using Columns = std::map<std::string, std::set<std::string>>;  // "name kind" by table

constexpr core::UtcTime kNow{std::chrono::milliseconds(1'796'000'000'000)};

const char* kind_text(Kind kind) {
  return kind == Kind::integer ? "integer" : kind == Kind::text ? "text" : "bytes";
}

Columns columns_copied() {
  Columns all;
  for (const storage::LedgerTable& table : storage::ledger_tables()) {
    for (const storage::TableColumn& column : table.columns) {
      all[table.name].insert(column.name + " " + kind_text(column.kind));
    }
  }
  return all;
}

class PostgresCopyTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
  }
  static void copy(const std::string& from, const std::string& to) {
    storage::copy_ledger(from, to, kNow, [](const storage::LedgerTable&, std::uint64_t) {});
  }
  // tests/data/ledgers/vN.sql, upgraded.
  std::string old_ledger(int version) {
    std::string path = folder_.path("v" + std::to_string(version) + ".db");
    SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(support::read_file(TEST_DATA "/ledgers/v" + std::to_string(version) + ".sql"));
    static_cast<void>(storage::migrate_ledger(path, kNow, false));
    return path;
  }
  // An empty one.
  std::string new_ledger() {
    std::string path = folder_.path("new.db");
    static_cast<void>(support::sqlite_back_end(path)->open_work_list());
    return path;
  }

  support::TempDir folder_;
};

TEST_F(PostgresCopyTest, TakesAllColumnsOfTheFileAlong) {
  const auto database = storage::open_for_reading(new_ledger());
  storage::Statement rows(*database,
                          "SELECT t.name, c.name, CASE c.type WHEN 'INTEGER' THEN 'integer' WHEN "
                          "'TEXT' THEN 'text' ELSE 'bytes' END FROM sqlite_schema AS t "
                          "JOIN pragma_table_xinfo(t.name) AS c WHERE t.type = 'table' AND "
                          "t.name NOT IN ('migration', 'frozen_line', 'line_terms', "
                          "'line_amounts', 'line_labels')");
  Columns found;
  while (rows.step()) {
    found[std::string(rows.text(0))].insert(std::string(rows.text(1)) + " " +
                                            std::string(rows.text(2)));
  }
  // A view of the tables that were left out: it does not tell the types of all its columns.
  storage::Statement line(*database, "SELECT name FROM pragma_table_info('report_line')");
  std::set<std::string> columns;
  while (line.step()) {
    columns.insert(std::string(line.text(0)));
  }
  EXPECT_EQ(columns.erase("stored_line_id"), 1U) << "line_id says it";
  Columns copied = columns_copied();
  std::set<std::string> names;
  const auto line_columns = copied.extract("report_line");
  for (const std::string& column : line_columns.mapped()) {
    names.insert(column.substr(0, column.find(' ')));
  }
  EXPECT_EQ(names, columns);
  EXPECT_EQ(copied, found);
}

TEST_F(PostgresCopyTest, TakesAllColumnsOfTheServerAlong) {
  // What runners need of each other: no copy takes it along.
  const std::set<std::string> kOwn = {"migration", "counter", "crew", "runner", "work.run"};
  storage::Connection connection{storage::LedgerUrl(support::make_postgres_database())};
  storage::migrate_schema(connection, storage::embedded_postgres_migrations(), kNow);
  storage::Rows rows = connection.query(
      "SELECT c.relname::text, a.attname::text, CASE a.atttypid::regtype::text WHEN 'bigint' THEN "
      "'integer' WHEN 'text' THEN 'text' WHEN 'bytea' THEN 'bytes' ELSE 'other' END "
      "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
      "JOIN pg_attribute AS a ON a.attrelid = c.oid WHERE n.nspname = 'reeltally' AND "
      "c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped");
  Columns found;
  while (rows.step()) {
    const std::string table(rows.text(0));
    const std::string column(rows.text(1));
    if (!kOwn.contains(table) && !kOwn.contains(table + "." + column)) {
      found[table].insert(column + " " + std::string(rows.text(2)));
    }
  }
  EXPECT_EQ(columns_copied(), found);
}

TEST_F(PostgresCopyTest, GoesToAServerAndBackRowForRow) {
  for (int version = 1; version <= 9; ++version) {
    SCOPED_TRACE(version);
    const std::string ledger = old_ledger(version);
    const std::string url = support::make_postgres_database();
    copy(ledger, url);
    const std::string back = folder_.path("back" + std::to_string(version) + ".db");
    copy(url, back);
    const Dump before = dump_of(ledger);
    ASSERT_GT(before.at("snapshot").size(), 10U);
    EXPECT_EQ(dump_of(back), before);
    EXPECT_EQ(storage::check_ledger(back, ""), std::vector<std::string>{});
  }
}

TEST_F(PostgresCopyTest, GoesFromServerToServer) {
  const std::string ledger = old_ledger(9);
  const std::string first = support::make_postgres_database();
  const std::string second = support::make_postgres_database();
  copy(ledger, first);
  copy(first, second);
  copy(second, folder_.path("back.db"));
  EXPECT_EQ(dump_of(folder_.path("back.db")), dump_of(ledger));
}

TEST_F(PostgresCopyTest, RunsGoOnNumberingBehindWhatWasCopied) {
  const std::string url = support::make_postgres_database();
  copy(old_ledger(9), url);
  storage::Connection connection{storage::LedgerUrl(url)};
  const storage::ServerTransaction moment(connection, storage::ServerTransaction::Kind::reading);
  storage::Rows wrong = connection.query(
      "SELECT name FROM counter WHERE next <> CASE name "
      "WHEN 'snapshot' THEN (SELECT max(id) FROM snapshot) "
      "WHEN 'task' THEN (SELECT max(id) FROM task) "
      "WHEN 'answer_block' THEN (SELECT max(id) FROM answer_block) END + 1");
  EXPECT_FALSE(wrong.step()) << wrong.text(0);
}

TEST_F(PostgresCopyTest, RefusesATargetThatIsNotEmpty) {
  const std::string ledger = old_ledger(9);
  const std::string url = support::make_postgres_database();
  copy(ledger, url);
  EXPECT_THROW(copy(ledger, url), core::UsageError);
  const std::string file = folder_.write("file", "mine");
  EXPECT_THROW(copy(url, file), core::UsageError);
  EXPECT_EQ(support::read_file(file), "mine");
}

TEST_F(PostgresCopyTest, LeavesNothingBehindWhenItFails) {
  const std::string ledger = old_ledger(9);
  SQLite::Database(ledger, SQLite::OPEN_READWRITE)
      .exec("UPDATE task SET fail_reason = 'a' || char(0) || 'b' WHERE id = 3");
  const std::string url = support::make_postgres_database();
  try {
    copy(ledger, url);
    FAIL() << "it was copied";
  } catch (const core::Error& failure) {
    EXPECT_NE(std::string(failure.what()).find("task.fail_reason"), std::string::npos)
        << failure.what();
  }
  storage::Connection connection{storage::LedgerUrl(url)};
  const storage::ServerTransaction moment(connection, storage::ServerTransaction::Kind::reading);
  storage::Rows accounts = connection.query("SELECT count(*) FROM account");
  ASSERT_TRUE(accounts.step());
  EXPECT_EQ(accounts.integer(0), 0);
}

TEST_F(PostgresCopyTest, OfNoLedgerThereIsNoCopy) {
  const std::string url = support::make_postgres_database();
  EXPECT_THROW(copy(url, folder_.path("copy.db")), core::Error);
  EXPECT_FALSE(std::filesystem::exists(folder_.path("copy.db")));
}

}  // namespace
