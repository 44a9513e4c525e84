#include "storage/postgres/schema.h"

#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/ledger_error.h"
#include "storage/postgres/server_transaction.h"
#include "tests/support/postgres_server.h"

namespace {

using storage::Connection;
using storage::LedgerUrl;
using storage::Rows;

const core::UtcTime kNow{std::chrono::milliseconds(1'780'000'000'000)};

// {name, kind} of each column, in order, by table; the columns of views have no kind.
using Tables = std::map<std::string, std::vector<std::pair<std::string, std::string>>>;

// Only in PostgreSQL: tables for several runners at once, and the partitions of a table.
bool is_of_the_fleet(const std::string& table, const std::string& column) {
  static const std::set<std::string> kTables = {"counter", "crew", "runner"};
  return kTables.contains(table) || table.rfind("answer_block_", 0) == 0 ||
         (table == "work" && column == "run");
}

// Only in a file: what closed lines have in common, once, behind the view `report_line`.
bool is_behind_lines(const std::string& table, const std::string& column) {
  static const std::set<std::string> kTables = {"frozen_line", "line_amounts", "line_labels",
                                                "line_terms"};
  return kTables.contains(table) || column == "stored_line_id";
}

Tables tables_of_sqlite() {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  for (const storage::Migration& migration : storage::embedded_migrations()) {
    database.exec(std::string(migration.sql));
  }
  Tables tables;
  SQLite::Statement columns(
      database,
      "SELECT m.name, c.name, CASE m.type WHEN 'view' THEN '' ELSE c.type END "
      "FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c "
      "WHERE m.type IN ('table', 'view') ORDER BY m.name, c.cid");
  while (columns.executeStep()) {
    const std::string table = columns.getColumn(0).getString();
    const std::string column = columns.getColumn(1).getString();
    if (!is_behind_lines(table, column)) {
      tables[table].emplace_back(column, columns.getColumn(2).getString());
    }
  }
  return tables;
}

class PostgresSchema : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::postgres_missing().empty()) {
      GTEST_SKIP() << support::postgres_missing();
    }
    url_ = support::make_postgres_database();
    connection_.emplace(LedgerUrl(url_));
  }
  Connection& connection() { return *connection_; }
  storage::SchemaChange migrate() {
    return storage::migrate_schema(connection(), storage::embedded_postgres_migrations(), kNow);
  }
  void require() {
    storage::require_server_schema(connection(), storage::embedded_postgres_migrations());
  }

  std::string url_;
  std::optional<Connection> connection_;
};

TEST_F(PostgresSchema, HasTheTablesAndColumnsOfSqlite) {
  const std::map<std::string, std::string> kinds = {
      {"bigint", "INTEGER"}, {"text", "TEXT"}, {"bytea", "BLOB"}};
  migrate();
  Tables tables;
  Rows columns = connection().query(
      "SELECT c.table_name::text, c.column_name::text, CASE t.table_type WHEN 'VIEW' THEN '' ELSE "
      "c.data_type::text END, coalesce(c.collation_name::text, '') "
      "FROM information_schema.columns AS c JOIN information_schema.tables AS t "
      "USING (table_schema, table_name) WHERE c.table_schema = 'reeltally' "
      "ORDER BY c.table_name, c.ordinal_position");
  while (columns.step()) {
    const std::string table(columns.text(0));
    const std::string column(columns.text(1));
    if (table == "migration" || is_of_the_fleet(table, column)) {
      continue;
    }
    const std::string type(columns.text(2));
    ASSERT_TRUE(type.empty() || kinds.contains(type)) << table << "." << column << " is " << type;
    const bool is_view = type.empty() || table == "report_line";
    tables[table].emplace_back(column, is_view ? "" : kinds.at(type));
    EXPECT_TRUE(type != "text" || columns.text(3) == "C") << table << "." << column;
  }
  for (auto [name, expected] : tables_of_sqlite()) {
    if (name == "report_line") {  // a view there, which has new columns in the middle
      std::sort(expected.begin(), expected.end());
      std::sort(tables[name].begin(), tables[name].end());
    }
    EXPECT_EQ(tables[name], expected) << name;
    tables.erase(name);
  }
  EXPECT_TRUE(tables.empty()) << tables.begin()->first;
}

TEST_F(PostgresSchema, MigrationsHaveTheSameNumbersAndTitles) {
  const auto titles = [](std::span<const storage::Migration> migrations) {
    std::map<int, std::string> all;
    for (const storage::Migration& one : migrations) {
      all[one.number] = one.title;
    }
    return all;
  };
  EXPECT_EQ(titles(storage::embedded_postgres_migrations()),
            titles(storage::embedded_migrations()));
}

TEST_F(PostgresSchema, IsCreatedOnceAndUpgradedInSteps) {
  EXPECT_THROW(require(), storage::LedgerUnreadable);
  const auto all = storage::embedded_postgres_migrations();
  const storage::SchemaChange first = storage::migrate_schema(connection(), all.first(3), kNow);
  EXPECT_EQ(first.from, 0);
  EXPECT_EQ(first.to, 3);
  EXPECT_THROW(require(), storage::LedgerUnreadable);
  EXPECT_EQ(migrate().from, 3);
  require();
  EXPECT_EQ(migrate().from, storage::newest_of(all));
  EXPECT_THROW(storage::require_server_schema(connection(), all.first(3)),
               storage::LedgerUnreadable);
  EXPECT_THROW(storage::migrate_schema(connection(), all.first(3), kNow),
               storage::LedgerUnreadable);
}

TEST_F(PostgresSchema, AnotherBuildIsRefused) {
  migrate();
  connection().execute("UPDATE reeltally.migration SET sha256 = 'x' WHERE number = 2");
  EXPECT_THROW(require(), storage::LedgerUnreadable);
}

TEST_F(PostgresSchema, TwoProcessesMayCreateItAtOnce) {
  std::thread other([&] {
    Connection beside{LedgerUrl(url_)};
    storage::migrate_schema(beside, storage::embedded_postgres_migrations(), kNow);
  });
  migrate();
  other.join();
  EXPECT_NO_THROW(require());
}

class PostgresRoles : public PostgresSchema {
 protected:
  void SetUp() override {
    PostgresSchema::SetUp();
    if (IsSkipped()) {
      return;
    }
    migrate();
    std::ifstream roles(std::string(SOURCE_DIR) + "/docs/roles.sql");
    connection().run_script(std::string(std::istreambuf_iterator<char>(roles), {}));
    storage::transact(connection(), [&] {
      connection().run_script(
          "INSERT INTO account VALUES (1, 'a'); INSERT INTO outcome VALUES (1, 200, 1, '', '', '', "
          "'[]'); INSERT INTO task (id, account, task_id, first_seen) VALUES (1, 1, 't', 0); "
          "INSERT INTO snapshot VALUES (1, 1, 1, 0, 1, NULL, 1, '\\x00', 1, 0); "
          "INSERT INTO period VALUES (1, '2026', 0, 1, 'UTC', NULL, 0, 0, '', 0, 0, 1, 0)");
    });
  }
  // SQLSTATE, or "done".
  std::string as(const std::string& role, const std::string& sql) {
    try {
      storage::transact(connection(), [&] {
        connection().run_script("SET LOCAL ROLE reeltally_" + role);
        connection().run_script(sql);
      });
      return "done";
    } catch (const storage::ServerError& error) {
      return error.state();
    }
  }
};

TEST_F(PostgresRoles, EachHasOnlyThePermissionsItNeeds) {
  struct Case {
    const char* role;
    const char* sql;
    const char* outcome;
  };
  for (const Case& one : std::vector<Case>{
           {"runner", "UPDATE snapshot SET outcome = 2", "42501"},
           {"runner", "UPDATE snapshot SET block = NULL", "42501"},
           {"runner", "DELETE FROM snapshot", "42501"},
           {"runner", "TRUNCATE snapshot", "42501"},
           {"runner", "DELETE FROM task", "42501"},
           {"runner", "UPDATE period SET checked_to = 9", "42501"},
           {"runner", "INSERT INTO snapshot VALUES (2, 1, 1, 0, 1, NULL, 1, '\\x00', 1, 0)",
            "done"},
           {"runner", "UPDATE task SET state = 1", "done"},
           {"closer", "INSERT INTO snapshot VALUES (3, 1, 1, 0, 1, NULL, 1, '\\x00', 1, 0)",
            "42501"},
           {"closer", "UPDATE period SET sha256 = 'x'", "42501"},
           {"closer", "UPDATE period SET checked_to = 9", "done"},
           {"closer", "INSERT INTO written_off VALUES (1, 1)", "done"},
           {"reporter", "SELECT * FROM v_task", "done"},
           {"reporter", "SELECT * FROM snapshot", "done"},
           {"reporter", "INSERT INTO account VALUES (2, 'b')", "42501"},
           {"reporter", "UPDATE task SET state = 1", "42501"},
           {"reporter", "DELETE FROM work", "42501"},
       }) {
    EXPECT_EQ(as(one.role, one.sql), one.outcome) << one.role << ": " << one.sql;
  }
}

TEST_F(PostgresRoles, HistoryIsFixedEvenForTheOwner) {
  for (const char* sql :
       {"UPDATE reeltally.snapshot SET outcome = 2", "DELETE FROM reeltally.snapshot",
        "TRUNCATE reeltally.snapshot", "DELETE FROM reeltally.period",
        "UPDATE reeltally.period SET sha256 = 'x'"}) {
    EXPECT_THROW(connection().run_script(sql), storage::ServerError) << sql;
  }
  connection().run_script("UPDATE reeltally.snapshot SET block = NULL, slot = NULL");
}

}  // namespace
