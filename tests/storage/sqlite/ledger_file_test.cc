#include "storage/sqlite/ledger_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "storage/ledger_error.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "tests/storage/entries.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using storage::FileKind;
using storage::LedgerUnreadable;
using storage::look_at_ledger;

class LedgerFileTest : public testing::Test {
 protected:
  void exec(const std::string& sql) {
    SQLite::Database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
};

TEST_F(LedgerFileTest, DetectsTheKindOfFile) {
  EXPECT_EQ(look_at_ledger(path_).kind, FileKind::absent);
  EXPECT_EQ(look_at_ledger(path_ + "/below").kind, FileKind::absent);
  std::ignore = storage::open_for_writing(path_);
  EXPECT_EQ(look_at_ledger(path_).kind, FileKind::ledger);
  EXPECT_TRUE(look_at_ledger(path_).in_wal_mode);
  exec("PRAGMA journal_mode = DELETE");
  EXPECT_FALSE(look_at_ledger(path_).in_wal_mode);
  EXPECT_EQ(look_at_ledger(folder_.path()).kind, FileKind::other);
  entries::write_file(path_, std::string(500, 'x'));
  EXPECT_EQ(look_at_ledger(path_).kind, FileKind::other);
}

// The number is on the first page, and the newest first page may be in the log.
TEST_F(LedgerFileTest, ReadsTheSchemaAsSqliteWould) {
  const auto database = storage::open_for_writing(path_);
  const auto expect_the_same = [&](const std::string& step) {
    EXPECT_EQ(look_at_ledger(path_).schema, database->execAndGet("PRAGMA user_version").getInt64())
        << step;
  };
  database->exec("PRAGMA wal_autocheckpoint = 0");
  expect_the_same("new");
  database->exec("PRAGMA user_version = 3");
  expect_the_same("in the log");
  database->exec("PRAGMA user_version = 4; CREATE TABLE t (a); PRAGMA user_version = 5");
  expect_the_same("in the log more than once");
  database->exec("PRAGMA wal_checkpoint(PASSIVE)");
  expect_the_same("in the file, and still in the log");
  database->exec("INSERT INTO t VALUES (1)");
  expect_the_same("in the file; the log was begun anew, over the old frames");
  // Uncommitted data is in the log if it does not fit into the cache.
  database->exec("PRAGMA cache_size = 1; BEGIN; PRAGMA user_version = 9; CREATE TABLE u (a)");
  database->exec(
      "INSERT INTO u WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
      "WHERE i < 20000) SELECT randomblob(100) FROM n");
  const std::int64_t in_transaction = look_at_ledger(path_).schema;
  database->exec("ROLLBACK");
  EXPECT_EQ(in_transaction, 5);
  expect_the_same("rolled back");
  database->exec("PRAGMA wal_checkpoint(TRUNCATE)");
  expect_the_same("in the file alone");
}

TEST_F(LedgerFileTest, RefusesFilesThatACommandCannotUse) {
  EXPECT_THROW(storage::require_ledger(path_), LedgerUnreadable);
  EXPECT_NO_THROW(storage::require_ledger(path_, true));
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  std::ignore = storage::open_for_writing(path_);
  EXPECT_NO_THROW(storage::require_ledger(path_));
  exec("PRAGMA user_version = 999");
  EXPECT_THROW(storage::require_ledger(path_, true), LedgerUnreadable);
  EXPECT_THROW(std::ignore = storage::open_for_writing(path_), LedgerUnreadable);
  EXPECT_THROW(std::ignore = storage::open_for_reading(path_), LedgerUnreadable);
}

TEST_F(LedgerFileTest, AMovedLedgerIsReportedWithItsNewPath) {
  const auto database = storage::open_for_writing(path_);
  database->exec("CREATE TABLE t (a)");
  const storage::LedgerPlace place(path_);
  const auto said = [&] {
    try {
      place.require_unmoved();
    } catch (const core::Error& failure) {
      return std::string(failure.what());
    }
    return std::string();
  };
  EXPECT_EQ(said(), "");
  const std::string moved = folder_.path("elsewhere.db");
  fs::rename(path_, moved);
  EXPECT_NE(said().find("was moved or removed"), std::string::npos) << said();
  EXPECT_NE(said().find("is in " + moved), std::string::npos) << said();
  entries::write_file(path_, "another");
  EXPECT_NE(said().find("was replaced by another file"), std::string::npos) << said();
  fs::remove(moved);
  EXPECT_NE(said().find("its file is deleted"), std::string::npos) << said();
}

}  // namespace
