#include "storage/migrations.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "storage/database.h"
#include "storage/ledger_error.h"
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
    return migrate(*database, path_, migrations, entries::kNow, backup);
  }
  std::string value(const std::string& sql) {
    return storage::open_for_reading(path_)->execAndGet(sql).getString();
  }
  /// What sqlite3's .dump would say of the schema, and the rows of `a`.
  std::string content() {
    return value("SELECT group_concat(sql, '|') FROM sqlite_schema") +
           value("SELECT sum(x) FROM a") + value("PRAGMA user_version");
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
};

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

TEST_F(MigrationsTest, AFailingMigrationLeavesNothingHalf) {
  run(kOne);
  const std::string before = content();
  EXPECT_THROW(run(kBroken), core::Error);
  EXPECT_EQ(content(), before);
  // Mended, it goes on from where the ledger stands.
  EXPECT_NO_THROW(run(kTwo, false));
  EXPECT_EQ(value("PRAGMA user_version"), "2");
}

TEST_F(MigrationsTest, WithoutABackupThatWasAskedForNothingIsUpgraded) {
  run(kOne);
  entries::write_file(path_ + ".backup-v1-20260601T040000Z", "in the way");
  EXPECT_ANY_THROW(run(kTwo));
  EXPECT_EQ(value("PRAGMA user_version"), "1");
  EXPECT_EQ(support::read_file(path_ + ".backup-v1-20260601T040000Z"), "in the way");
}

TEST_F(MigrationsTest, AnotherBuildsMigrationIsRefused) {
  run(kOne);
  const std::string before = support::read_file(path_);
  std::vector<Migration> edited = kTwo;
  edited[0].sql = "CREATE TABLE a (x INTEGER);";
  EXPECT_THROW(run(edited), LedgerUnreadable);
  EXPECT_EQ(support::read_file(path_), before);
}

TEST_F(MigrationsTest, ANewerLedgerIsRefusedAndStaysAsItIs) {
  run(kTwo);
  const std::string before = support::read_file(path_);
  EXPECT_THROW(run(kOne), LedgerUnreadable);
  EXPECT_THROW(storage::require_schema(*storage::open_for_reading(path_), path_, kOne),
               LedgerUnreadable);
  EXPECT_EQ(support::read_file(path_), before);
}

TEST_F(MigrationsTest, AReaderWantsJustThisSchema) {
  run(kOne);
  const auto reader = storage::open_for_reading(path_);
  EXPECT_NO_THROW(storage::require_schema(*reader, path_, kOne));
  EXPECT_THROW(storage::require_schema(*reader, path_, kTwo), LedgerUnreadable);
}

TEST_F(MigrationsTest, TheEmbeddedOnesAreNumberedWithoutAGapAndMakeASoundLedger) {
  int next = 1;
  for (const Migration& migration : storage::embedded_migrations()) {
    EXPECT_EQ(migration.number, next++);
    EXPECT_FALSE(migration.title.empty());
  }
  const auto database = storage::open_for_writing(path_);
  migrate(*database, path_, storage::embedded_migrations(), entries::kNow, true);
  EXPECT_EQ(database->execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_EQ(database->execAndGet("PRAGMA user_version").getInt(), next - 1);
}

// Their names and columns are a promise (product.md, The ledger).
TEST_F(MigrationsTest, TheViewsHaveThePromisedColumns) {
  const std::vector<std::pair<std::string, std::string>> views{
      {"v_task",
       "account,task_id,state,status,progress,model,action,submit_time,start_time,finish_time,"
       "upstream_end_time,first_seen,last_query,queries,resolution,ratio,duration_seconds,"
       "input_seconds,output_seconds,video_count,completion_tokens,total_tokens,"
       "super_resolution_tokens,units,credits,quota,fail_reason,labels,videos,videos_on_disk,"
       "soonest_expiry,stale"},
      {"v_snapshot",
       "account,task_id,snapshot_id,run_id,observed_at,http_status,code,status,progress,raw_bytes,"
       "raw_sha256"},
      {"v_usage", "account,task_id,snapshot_id,observed_at,name,value"},
      {"v_video",
       "account,task_id,video_index,state,path,bytes,sha256,expires_at,attempts,last_error"},
      {"v_daily", "day,account,model,state,tasks,output_seconds,total_tokens,videos,bytes"}};
  {
    const auto database = storage::open_for_writing(path_);
    migrate(*database, path_, storage::embedded_migrations(), entries::kNow, true);
  }
  for (const auto& [view, columns] : views) {
    EXPECT_EQ(value("SELECT group_concat(name, ',') FROM pragma_table_info('" + view + "')"),
              columns);
  }
}

}  // namespace
