#include "storage/sqlite/backup.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "core/error.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/draft.h"
#include "tests/storage/entries.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using storage::back_up;

class BackupTest : public testing::Test {
 protected:
  BackupTest() { writer_->exec("CREATE TABLE t (a, b)"); }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  std::string target_ = folder_.path("copy.db");
  std::unique_ptr<SQLite::Database> writer_ = storage::open_for_writing(path_);
};

TEST_F(BackupTest, ItIsACompletePrivateLedgerInOneFile) {
  writer_->exec("INSERT INTO t VALUES (1, 2)");
  const mode_t before = umask(0);
  back_up(*storage::open_for_reading(path_), target_);
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat(target_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_FALSE(fs::exists(target_ + "-wal"));
  EXPECT_FALSE(fs::exists(target_ + "-journal"));
  EXPECT_EQ(storage::open_for_reading(target_)->execAndGet("SELECT a + b FROM t").getInt(), 3);
}

TEST_F(BackupTest, AnExistingFileIsRefusedAndStaysAsItIs) {
  entries::write_file(target_, "precious");
  EXPECT_THROW(back_up(*writer_, target_), core::UsageError);
  EXPECT_EQ(support::read_file(target_), "precious");
}

// If the process is killed during a copy, no incomplete ledger has the name of the copy.
TEST_F(BackupTest, TheNameExistsOnlyWhenTheCopyIsComplete) {
  fs::create_directory(folder_.path("copies"));
  back_up(*writer_, folder_.path("copies/copy.db"));
  const auto names = fs::directory_iterator(folder_.path("copies"));
  EXPECT_EQ(std::distance(begin(names), end(names)), 1) << "the draft and its journal are gone";
  const storage::Draft draft("the backup", target_);
  EXPECT_FALSE(fs::exists(target_));
  EXPECT_TRUE(fs::exists(draft.path()));
}

// A killed process leaves its draft, as large as the ledger, and SQLite's files beside it.
TEST_F(BackupTest, OnlyDraftsOfKilledProcessesAreRemoved) {
  const std::string in = folder_.path("copies/");
  fs::create_directory(in);
  const storage::Draft living("the backup", in + "copy.db");
  for (const char* name :
       {".copy.db.1.tmp", ".copy.db.1.tmp-wal", ".copy.db.2.tmp-journal", ".copy.db.tmp",
        ".copy.db.x.1.tmp", ".other.db.1.tmp", "copy.db.1.tmp"}) {
    entries::write_file(in + name, "x");
  }
  fs::rename(living.path(), in + ".copy.db.3.tmp");  // like the draft of another live process
  back_up(*writer_, in + "copy.db");
  std::set<std::string> left;
  for (const auto& one : fs::directory_iterator(in)) {
    left.insert(one.path().filename());
  }
  EXPECT_EQ(left, (std::set<std::string>{".copy.db.3.tmp", ".copy.db.tmp", ".copy.db.x.1.tmp",
                                         ".other.db.1.tmp", "copy.db", "copy.db.1.tmp"}));
}

TEST_F(BackupTest, AFullDiskLeavesNothing) {
  writer_->exec("INSERT INTO t VALUES (1, randomblob(3000000))");
  fs::create_directory(folder_.path("copies"));
  const std::string target = folder_.path("copies/copy.db");
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000'000, 1'000'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      back_up(*storage::open_for_reading(path_), target);
      _exit(2);
    } catch (const std::exception&) {
      _exit(0);
    }
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::is_empty(folder_.path("copies")));
}

TEST_F(BackupTest, ALinkIsNotFollowed) {
  fs::create_symlink(folder_.path("elsewhere"), target_);
  EXPECT_THROW(back_up(*writer_, target_), core::UsageError);
  EXPECT_FALSE(fs::exists(folder_.path("elsewhere")));
}

TEST_F(BackupTest, AMissingFolderIsNamed) {
  try {
    back_up(*writer_, folder_.path("no/copy.db"));
    FAIL();
  } catch (const core::Error& failure) {
    EXPECT_NE(std::string(failure.what()).find("no/copy.db"), std::string::npos);
  }
}

// Two rows are always written together; no copy may contain only one of them.
TEST_F(BackupTest, ACopyMadeWhileARunWritesIsConsistent) {
  std::atomic<bool> enough = false;
  std::thread run([&] {
    for (int i = 0; !enough; ++i) {
      SQLite::Transaction transaction(*writer_);
      writer_->exec("INSERT INTO t VALUES (" + std::to_string(i) + ", randomblob(2000))");
      writer_->exec("INSERT INTO t VALUES (" + std::to_string(i) + ", randomblob(2000))");
      transaction.commit();
    }
  });
  for (int copy = 0; copy < 5; ++copy) {
    const std::string target = folder_.path("copy" + std::to_string(copy));
    const auto reader = storage::open_for_reading(path_);
    EXPECT_NO_THROW(back_up(*reader, target));
    const auto made = storage::open_for_reading(target);
    EXPECT_EQ(made->execAndGet("PRAGMA integrity_check").getString(), "ok");
    EXPECT_EQ(made->execAndGet("SELECT count(*) FROM (SELECT a FROM t GROUP BY a HAVING "
                               "count(*) <> 2)")
                  .getInt(),
              0);
  }
  enough = true;
  run.join();
}

TEST_F(BackupTest, AnExclusivelyLockedLedgerMakesNoEmptyBackup) {
  const std::string source = folder_.path("rollback.db");
  SQLite::Database holder(source, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  holder.exec("CREATE TABLE t (a); BEGIN EXCLUSIVE");
  SQLite::Database reader(source, SQLite::OPEN_READONLY);
  EXPECT_ANY_THROW(back_up(reader, target_));
  EXPECT_FALSE(fs::exists(target_));
}

TEST_F(BackupTest, ADamagedLedgerMakesNoBackup) {
  for (int i = 0; i < 100; ++i) {
    writer_->exec("INSERT INTO t VALUES (1, randomblob(2000))");
  }
  writer_.reset();
  std::string bytes = support::read_file(path_);
  constexpr std::size_t kPage = 8192;
  for (std::size_t page = 2; (page + 1) * kPage <= bytes.size(); ++page) {
    bytes.replace(page * kPage, 100, 100, '\x55');
  }
  entries::write_file(path_, bytes);
  EXPECT_ANY_THROW(back_up(*storage::open_for_reading(path_), target_));
  EXPECT_FALSE(fs::exists(target_));
}

}  // namespace
