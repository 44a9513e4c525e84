#include "storage/sqlite/migrations.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/files/sha256.h"
#include "storage/ledger_error.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/maintenance.h"
#include "tests/storage/entries.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using storage::LedgerUnreadable;
using storage::migrate;
using storage::Migration;
using storage::MigrationOutcome;

const std::vector<Migration> kOne{{1, "first", "CREATE TABLE a (x); INSERT INTO a VALUES (1);"}};
const std::vector<Migration> kTwo{kOne[0], {2, "second", "ALTER TABLE a ADD COLUMN y;"}};
const std::vector<Migration> kBroken{
    kOne[0],
    {2, "second",
     "CREATE TABLE b (x); INSERT INTO b SELECT x FROM a; DROP TABLE a; SELECT nonsense;"}};

class MigrationsTest : public testing::Test {
 protected:
  MigrationOutcome run(const std::vector<Migration>& migrations, bool backup = true) {
    const auto database = storage::open_for_writing(path_);
    return migrate(*database, path_, {migrations}, entries::kNow, backup);
  }
  std::string value(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getString();
  }
  // The schema as in sqlite3's .dump, and the rows of `a`.
  std::string content() {
    return value("SELECT group_concat(sql, '|') FROM sqlite_schema") +
           value("SELECT sum(x) FROM a") + value("PRAGMA user_version");
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
};

// A ledger refuses a program whose migrations differ from the applied ones, even in a comment.
TEST(EmbeddedMigrations, ReleasedOnesNeverChange) {
  const std::vector<std::string> landed = {
      "9415db057c337625c57e237c283357968837c728a35bac92090106953a1aacda",
      "3f5617c5c725a7fb9dd042fd35755331cfb56c615bb4b858bdd6f86ea50c1a76",
      "0ad5a742c97268a4fc3abd0e908f0737de1503f0914fb8a24ead5f844f989311",
      "8a5f1f99e2fa05c8b46b6fcfac34b26c0cffb97c1a7f9d8d50998973ab4e9d17",
      "399d786ca2e22da150687938c1a2ba837e2c83a8ca25631400a9adcc56b22f9a",
      "6d909301af448c8d8d385e3f4d6cb44d49dd6575ac06dcdbc0bea34a52b4ac3a",
      "199b70aab4e621eb756e755843037e9d60a4c94640047c2fc14ef778fe66eead",
      "2dd06f076ed546c20bc8d75278fdbd4be96230719ca5095096263b273ccc2a78",
      "81983fd020546843f2e5cf9e4d41dd7493409034eb5d269e54b3e60b1040fa78",
      "be72b41b25bf442f407a125be9d266e590c835a2a3f350e5f5d83c8de5d6523a",
      "ad56052eba357040da7d432b10458092892153e354755913e1714b5a3a06ccad",
      "16d7681ce98f43dd05c611ece287d277f09360c8d4bdca09119a16d89ffc00cc",
      "d353e727e60fbb7c8726c727c02dd61de276ab16e8b0d77f3e1dd65faf7107f1",
      "9883978e45a3159fbdd8d717db1c72bac901282efcfb04cc639bdac5bad70e3c",
      "9883978e45a3159fbdd8d717db1c72bac901282efcfb04cc639bdac5bad70e3c",
      "0d7f92a90aca9c666e9bb6cbaa623522595f7a321bf040eff4dff6d2678655c0",
  };
  const auto migrations = storage::embedded_migrations();
  ASSERT_GE(migrations.size(), landed.size());
  for (std::size_t i = 0; i < landed.size(); ++i) {
    core::Sha256 hash;
    hash.update(migrations[i].sql);
    EXPECT_EQ(core::hex(hash.finish()), landed[i])
        << "migration " << migrations[i].number << " was edited: restore it, and add another";
  }
}

TEST_F(MigrationsTest, ANewLedgerGetsThemAllWithoutABackup) {
  const MigrationOutcome outcome = run(kTwo);
  EXPECT_EQ(outcome.from, 0);
  EXPECT_EQ(outcome.to, 2);
  EXPECT_EQ(outcome.backup, "");
  EXPECT_EQ(value("PRAGMA user_version"), "2");
  EXPECT_EQ(value("SELECT group_concat(number || ' ' || title || ' ' || length(sha256) || ' ' || "
                  "applied_at, ',') FROM migration"),
            "1 first 64 1780286400000,2 second 64 1780286400000");
}

TEST_F(MigrationsTest, AppliedOnesAreNotAppliedAgain) {
  run(kTwo);
  const MigrationOutcome outcome = run(kTwo);
  EXPECT_EQ(outcome.from, 2);
  EXPECT_EQ(outcome.to, 2);
  EXPECT_EQ(value("SELECT count(*) FROM a"), "1");
}

TEST_F(MigrationsTest, AnOlderLedgerIsUpgradedAfterABackupBesideIt) {
  run(kOne);
  const std::string before = content();
  const MigrationOutcome outcome = run(kTwo);
  EXPECT_EQ(outcome.from, 1);
  EXPECT_EQ(outcome.to, 2);
  EXPECT_EQ(outcome.backup, path_ + ".backup-v1-20260601T040000Z");
  EXPECT_EQ(value("SELECT x || ifnull(y, '-') FROM a"), "1-");
  struct stat status {};
  ASSERT_EQ(stat(outcome.backup.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  path_ = outcome.backup;
  EXPECT_EQ(content(), before);
}

TEST_F(MigrationsTest, TheBackupCanBeSkipped) {
  run(kOne);
  EXPECT_EQ(run(kTwo, false).backup, "");
  EXPECT_EQ(value("PRAGMA user_version"), "2");
}

TEST_F(MigrationsTest, AFailingMigrationChangesNothing) {
  run(kOne);
  const std::string before = content();
  EXPECT_THROW(run(kBroken), core::Error);
  EXPECT_EQ(content(), before);
  // After the repair it continues from the ledger's schema.
  EXPECT_NO_THROW(run(kTwo, false));
  EXPECT_EQ(value("PRAGMA user_version"), "2");
}

TEST_F(MigrationsTest, ANewLedgerGetsAllMigrationsOrNone) {
  EXPECT_THROW(run(kBroken), core::Error);
  EXPECT_EQ(value("PRAGMA user_version"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM migration"), "0");
  run(kTwo);
  EXPECT_EQ(value("PRAGMA user_version"), "2");
}

TEST_F(MigrationsTest, WithoutARequestedBackupNothingIsUpgraded) {
  path_ = folder_.path(std::string(220, 'x'));  // the backup's name would be too long
  run(kOne);
  EXPECT_THROW(run(kTwo), core::Error);
  EXPECT_EQ(value("PRAGMA user_version"), "1");
}

TEST_F(MigrationsTest, ABackupOfTheSameSecondIsNotReplaced) {
  run(kOne);
  const std::string first = path_ + ".backup-v1-20260601T040000Z";
  entries::write_file(first, "of an upgrade that was killed");
  EXPECT_EQ(run(kTwo).backup, first + "-2");
  EXPECT_EQ(support::read_file(first), "of an upgrade that was killed");
}

TEST_F(MigrationsTest, AnotherBuildsMigrationIsRefused) {
  run(kOne);
  const std::string before = support::read_file(path_);
  std::vector<Migration> edited = kTwo;
  edited[0].sql = "CREATE TABLE a (x INTEGER);";
  EXPECT_THROW(run(edited), LedgerUnreadable);
  EXPECT_THROW(storage::require_schema(*storage::open_for_reading(path_), path_, edited),
               LedgerUnreadable);
  EXPECT_EQ(support::read_file(path_), before);
}

TEST_F(MigrationsTest, ANewerLedgerIsRefusedAndNotChanged) {
  run(kTwo);
  const std::string before = support::read_file(path_);
  EXPECT_THROW(run(kOne), LedgerUnreadable);
  EXPECT_THROW(storage::require_schema(*storage::open_for_reading(path_), path_, kOne),
               LedgerUnreadable);
  EXPECT_EQ(support::read_file(path_), before);
}

// The last process that closes it would otherwise move the log into the file.
TEST_F(MigrationsTest, ANewerLedgerKeepsItsWriteAheadLog) {
  const std::string killed = folder_.path("killed.db");
  {
    const auto database = storage::open_for_writing(path_);
    migrate(*database, path_, {kTwo}, entries::kNow, true);
    fs::copy_file(path_, killed);
    fs::copy_file(path_ + "-wal", killed + "-wal");
  }
  const std::string file = support::read_file(killed);
  const std::string log = support::read_file(killed + "-wal");
  ASSERT_FALSE(log.empty());
  path_ = killed;
  EXPECT_THROW(run(kOne), LedgerUnreadable);
  EXPECT_EQ(support::read_file(killed), file);
  EXPECT_EQ(support::read_file(killed + "-wal"), log);
  EXPECT_EQ(run(kTwo).from, 2);
}

TEST_F(MigrationsTest, AReaderRequiresExactlyThisSchema) {
  run(kOne);
  const auto reader = storage::open_for_reading(path_);
  EXPECT_NO_THROW(storage::require_schema(*reader, path_, kOne));
  EXPECT_THROW(storage::require_schema(*reader, path_, kTwo), LedgerUnreadable);
}

TEST_F(MigrationsTest, TheEmbeddedOnesAreNumberedWithoutGapsAndMakeAValidLedger) {
  int next = 1;
  for (const Migration& migration : storage::embedded_migrations()) {
    EXPECT_EQ(migration.number, next++);
    EXPECT_FALSE(migration.title.empty());
  }
  const auto database = storage::open_for_writing(path_);
  migrate(*database, path_, storage::embedded_schema(), entries::kNow, true);
  EXPECT_EQ(database->execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_EQ(database->execAndGet("PRAGMA user_version").getInt(), next - 1);
}

TEST_F(MigrationsTest, TheWholeSchemaIsWhatItsMigrationsMake) {
  const storage::Schema schema = storage::embedded_schema();
  const auto made = [&](const std::string& name, const storage::Schema& by) {
    const std::string path = folder_.path(name);
    const auto database = storage::open_for_writing(path);
    migrate(*database, path, by, entries::kNow, true);
    std::vector<std::string> rows;
    std::vector<std::string> queries{
        "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM "
        "sqlite_schema ORDER BY type, name",
        "SELECT number || title || sha256 || applied_at FROM migration ORDER BY number"};
    SQLite::Statement tables(*database, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    while (tables.executeStep()) {
      const std::string table = tables.getColumn(0).getString();
      queries.push_back("SELECT '" + table + " ' || count(*) FROM \"" + table + '"');
    }
    for (const std::string& query : queries) {
      SQLite::Statement statement(*database, query);
      while (statement.executeStep()) {
        rows.push_back(statement.getColumn(0).getString());
      }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  };
  const auto at_once = made("at_once.db", schema);
  EXPECT_EQ(at_once, made("each.db", {schema.migrations}));
  EXPECT_GT(at_once.size(), schema.migrations.size());
}

// The columns of a table that both ledgers have.
std::string common_columns(const SQLite::Database& one, const SQLite::Database& other,
                           const std::string& table) {
  const auto names = [&table](const SQLite::Database& database) {
    std::set<std::string> found;
    SQLite::Statement columns(database, "SELECT name FROM pragma_table_info('" + table + "')");
    while (columns.executeStep()) {
      found.insert(columns.getColumn(0).getString());
    }
    return found;
  };
  const std::set<std::string> others = names(other);
  std::string cells;
  for (const std::string& name : names(one)) {
    if (others.contains(name)) {
      cells += (cells.empty() ? "" : "||") + ("quote(\"" + name + "\")");
    }
  }
  return cells;
}

// Every row of every non-empty table, by table, in order; only the columns that `other` has, too.
// report_line was a table once.
std::map<std::string, std::string> rows_of(const std::string& path, const std::string& other) {
  const auto database = storage::open_for_reading(path);
  const auto beside = storage::open_for_reading(other);
  std::vector<std::string> tables;
  SQLite::Statement names(*database,
                          "SELECT name FROM sqlite_schema WHERE (type = 'table' AND name NOT LIKE "
                          "'sqlite_%' AND name <> 'migration') OR name = 'report_line'");
  while (names.executeStep()) {
    tables.push_back(names.getColumn(0).getString());
  }
  std::map<std::string, std::string> rows;
  for (const std::string& table : tables) {
    const std::string cells = common_columns(*database, *beside, table);
    if (cells.empty()) {
      continue;  // a table of a later schema
    }
    SQLite::Statement all(*database, "SELECT " + cells + " FROM " + table + " ORDER BY 1");
    while (all.executeStep()) {
      rows[table] += all.getColumn(0).getString() + "\n";
    }
  }
  return rows;
}

TEST_F(MigrationsTest, ARecordedRefusalGetsTheTimeOfItsRun) {
  const auto old = static_cast<std::ptrdiff_t>(
      std::find_if(storage::embedded_migrations().begin(), storage::embedded_migrations().end(),
                   [](const Migration& one) { return one.title == "refusals"; }) -
      storage::embedded_migrations().begin());
  const std::vector<Migration> before(storage::embedded_migrations().begin(),
                                      storage::embedded_migrations().begin() + old);
  run(before);
  storage::open_for_writing(path_)->exec(
      "INSERT INTO account (name) VALUES ('default');"
      "INSERT INTO run (id, started_at, version, host, inputs, stale_after_ms) VALUES "
      "(7, 1780286400000, '1', 'h', '[]', 0);"
      "INSERT INTO outcome (id, http_status, verdict, code, status, progress, usage_names) VALUES "
      "(1, 200, 1, '', '', '', '[]');"
      "INSERT INTO task (id, account, task_id, first_seen) VALUES (1, 1, 'a', 0);"
      "INSERT INTO snapshot (id, task, run, observed_at, outcome, raw_bytes, raw_sha256) VALUES "
      "(1, 1, 7, 0, 1, 0, x'00');"
      "INSERT INTO video (task, video_index, snapshot, settled_run, attempts, denied, last_error) "
      "VALUES (1, 1, 1, 7, 1, 1, 'HTTP 403'), (1, 2, 1, 7, 1, 0, 'cut'), "
      "(1, 3, 1, 0, 0, 0, NULL)");
  run({storage::embedded_migrations().begin(), storage::embedded_migrations().end()}, false);
  EXPECT_EQ(value("SELECT group_concat(video_index || ' ' || ifnull(refused_at, '-'), ',') "
                  "FROM video"),
            "1 1780286400000,2 -,3 -");
}

// tests/data/ledgers holds a dump of a ledger of each past schema: made once, never changed.
TEST_F(MigrationsTest, ALedgerOfEachPastSchemaIsUpgradedRowForRow) {
  const auto newest = static_cast<int>(storage::embedded_migrations().size());
  for (int version = 1; version < newest; ++version) {
    SCOPED_TRACE(version);
    path_ = folder_.path("v" + std::to_string(version) + ".db");
    SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(support::read_file(TEST_DATA "/ledgers/v" + std::to_string(version) + ".sql"));
    const auto before = rows_of(path_, path_);
    ASSERT_GT(before.at("snapshot").size(), 100U);
    const auto outcome = storage::migrate_ledger(path_, entries::kNow, true);
    EXPECT_EQ(outcome.from, version);
    EXPECT_EQ(outcome.to, newest);
    EXPECT_EQ(rows_of(path_, outcome.backup), rows_of(outcome.backup, path_));
    EXPECT_EQ(rows_of(outcome.backup, outcome.backup), before);
    EXPECT_EQ(storage::check_ledger(path_, ""), std::vector<std::string>{});
  }
}

// A ledger of schema 4 whose tasks ended `ago` before their last answer.
TEST_F(MigrationsTest, AnswersThatOlderVersionsGotTooEarlyAreQueriedOnceMore) {
  SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec(support::read_file(TEST_DATA "/ledgers/v4.sql"));
  const std::string heard = "(SELECT observed_at FROM snapshot WHERE id = status_snapshot)";
  const auto end = [&](const std::string& task, const std::string& ago) {
    SQLite::Database(path_, SQLite::OPEN_READWRITE)
        .exec("UPDATE task SET finish_time = " + heard + " - " + ago + " WHERE id = " + task);
  };
  end("1", "30000");
  end("3", "29999");
  end("4", "-86400000");  // a clock that is far off
  end("6", "1000");       // unfinished, whatever its finish time is
  EXPECT_EQ(storage::migrate_ledger(path_, entries::kNow, true).from, 4);
  EXPECT_EQ(value("SELECT group_concat(task || ':' || (settles_at - " + heard +
                  "), ' ') FROM unsettled JOIN task ON id = task"),
            "3:1 4:30000");
}

// Their names and columns are stable (docs/ledger.md, "Views").
TEST_F(MigrationsTest, TheViewsHaveThePromisedColumns) {
  const std::vector<std::pair<std::string, std::string>> views{
      {"v_task",
       "account,task_id,state,status,progress,model,action,submit_time,start_time,finish_time,"
       "upstream_end_time,first_seen,last_query,queries,resolution,ratio,duration_seconds,"
       "input_seconds,output_seconds,video_count,completion_tokens,total_tokens,"
       "super_resolution_tokens,units,credits,quota,fail_reason,labels,videos,videos_on_disk,"
       "soonest_expiry,stale,generation_resolution,request_id"},
      {"v_snapshot",
       "account,task_id,snapshot_id,run_id,observed_at,http_status,code,status,progress,raw_bytes,"
       "raw_sha256"},
      {"v_usage", "account,task_id,snapshot_id,observed_at,name,value"},
      {"v_video",
       "account,task_id,video_index,state,path,bytes,sha256,expires_at,attempts,last_error"},
      {"v_period",
       "period,tz,begins_at,ends_at,closed_at,lines,csv_sha256,sha256,statement,signature,"
       "signed_at,bundle_sha256,bundled_at"},
      {"v_daily", "day,account,model,state,tasks,output_seconds,total_tokens,videos,bytes"},
      {"v_label_change", "account,task_id,run_id,name,ledger_value,list_value,taken"}};
  {
    const auto database = storage::open_for_writing(path_);
    migrate(*database, path_, storage::embedded_schema(), entries::kNow, true);
  }
  for (const auto& [view, columns] : views) {
    EXPECT_EQ(value("SELECT group_concat(name, ',') FROM pragma_table_info('" + view + "')"),
              columns);
  }
}

}  // namespace
