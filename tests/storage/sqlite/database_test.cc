#include "storage/sqlite/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "storage/ledger_error.h"
#include "storage/sqlite/ledger_file.h"
#include "tests/storage/entries.h"
#include "tests/support/temp_dir.h"

namespace {

namespace fs = std::filesystem;
using entries::write_file;
using storage::LedgerUnreadable;
using storage::open_for_reading;
using storage::open_for_writing;
using support::read_file;

unsigned mode(const fs::path& path) {
  return static_cast<unsigned>(fs::status(path).permissions()) & 0777U;
}

class DatabaseTest : public testing::Test {
 protected:
  ~DatabaseTest() override { umask(umask_); }

  // A ledger of one table, closed.
  void make_ledger() {
    const auto database = open_for_writing(path_);
    database->exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  }

  support::TempDir folder_;
  std::string path_ = folder_.path("ledger.db");
  mode_t umask_ = umask(022);
};

TEST_F(DatabaseTest, FileAndFoldersArePrivateWhateverTheUmask) {
  for (const mode_t mask : {0000U, 0022U, 0277U}) {
    SCOPED_TRACE(mask);
    umask(mask);
    const fs::path folder = folder_.path(std::to_string(mask));
    const std::string path = folder / "deeper" / "ledger.db";
    const auto database = open_for_writing(path);
    database->exec("CREATE TABLE t (a)");
    EXPECT_EQ(mode(folder), 0700U);
    EXPECT_EQ(mode(folder / "deeper"), 0700U);
    for (const char* suffix : {"", "-wal", "-shm"}) {
      EXPECT_EQ(mode(path + suffix), 0600U) << suffix;
    }
  }
}

TEST_F(DatabaseTest, AFolderThatExistsKeepsItsMode) {
  fs::permissions(folder_.path(), static_cast<fs::perms>(0755));
  make_ledger();
  EXPECT_EQ(mode(folder_.path()), 0755U);
}

TEST_F(DatabaseTest, TheWriterHasEverySettingThatSafetyDependsOn) {
  const auto database = open_for_writing(path_);
  const std::vector<std::pair<std::string, std::string>> settings{
      {"journal_mode", "wal"}, {"synchronous", "2"},     {"foreign_keys", "1"},
      {"trusted_schema", "0"}, {"cell_size_check", "1"}, {"page_size", "8192"},
      {"mmap_size", "0"},      {"query_only", "0"},      {"application_id", "1382376812"}};
  for (const auto& [pragma, value] : settings) {
    EXPECT_EQ(database->execAndGet("PRAGMA " + pragma).getString(), value) << pragma;
  }
  // Defensive mode: nobody can write the schema table directly.
  database->exec("PRAGMA writable_schema = ON");
  EXPECT_THROW(database->exec("DELETE FROM sqlite_schema"), SQLite::Exception);
}

TEST_F(DatabaseTest, AReaderReadsCommittedDataAndCannotWrite) {
  const auto writer = open_for_writing(path_);
  writer->exec("CREATE TABLE t (a); INSERT INTO t VALUES (7)");
  const auto reader = open_for_reading(path_);
  EXPECT_EQ(reader->execAndGet("SELECT a FROM t").getInt(), 7);
  EXPECT_THROW(reader->exec("INSERT INTO t VALUES (8)"), SQLite::Exception);
  EXPECT_EQ(reader->execAndGet("PRAGMA wal_autocheckpoint").getInt(), 0);
}

TEST_F(DatabaseTest, AReaderCreatesNoFiles) {
  EXPECT_THROW(std::ignore = open_for_reading(path_), LedgerUnreadable);
  EXPECT_THROW(std::ignore = open_for_reading(folder_.path("no/such/ledger.db")), LedgerUnreadable);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(DatabaseTest, AFileThatIsNotALedgerIsRefusedAndNotChanged) {
  {
    SQLite::Database other(folder_.path("other"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("PRAGMA application_id = 42; CREATE TABLE t (a)");
  }
  const std::string other = read_file(folder_.path("other"));
  std::string bad_magic = other;
  bad_magic[0] = 'X';
  const std::vector<std::pair<std::string, std::string>> cases{
      {"another program's database", other},
      {"bad magic", bad_magic},
      {"shorter than a header", other.substr(0, 50)},
      {"text", std::string(20'000, 'x')},
      {"one byte", "S"},
      {"no bytes", ""},
  };
  for (const auto& [name, bytes] : cases) {
    SCOPED_TRACE(name);
    write_file(path_, bytes);
    EXPECT_THROW(std::ignore = open_for_writing(path_), LedgerUnreadable);
    EXPECT_THROW(std::ignore = open_for_reading(path_), LedgerUnreadable);
    EXPECT_EQ(read_file(path_), bytes);
    EXPECT_FALSE(fs::exists(path_ + "-wal"));
  }
}

TEST_F(DatabaseTest, ADamagedLedgerIsRefusedAndNotChanged) {
  {
    const auto database = open_for_writing(path_);
    database->exec("CREATE TABLE t (a); CREATE TABLE u (a)");
    for (int i = 0; i < 100; ++i) {
      database->exec("INSERT INTO t VALUES (randomblob(1000))");
    }
  }
  const std::string whole = read_file(path_);
  std::string bad_page = whole;
  bad_page.replace(100, 400, 400, '\xff');
  const std::vector<std::pair<std::string, std::string>> cases{
      {"header alone", whole.substr(0, 100)},
      {"half a page", whole.substr(0, 4096)},
      {"bad first page", bad_page}};
  for (const auto& [name, bytes] : cases) {
    SCOPED_TRACE(name);
    write_file(path_, bytes);
    EXPECT_THROW(
        {
          const auto database = open_for_writing(path_);
          storage::with_ledger_errors(path_, "read",
                                      [&] { database->execAndGet("SELECT count(*) FROM t"); });
        },
        core::Error);
    EXPECT_EQ(read_file(path_), bytes);
  }
}

TEST_F(DatabaseTest, AWriteAheadLogWithoutItsLedgerIsLeftAlone) {
  write_file(path_ + "-wal", "frames");
  EXPECT_THROW(std::ignore = open_for_writing(path_), LedgerUnreadable);
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_EQ(read_file(path_ + "-wal"), "frames");
}

TEST_F(DatabaseTest, ANewLedgerLeavesNothingElseBehind) {
  make_ledger();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    names.push_back(entry.path().filename());
  }
  EXPECT_EQ(names, std::vector<std::string>{"ledger.db"});
}

TEST_F(DatabaseTest, ALedgerThatOthersMayReadIsMadePrivateAgain) {
  make_ledger();
  fs::permissions(path_, static_cast<fs::perms>(0644));
  const auto database = open_for_writing(path_);
  EXPECT_EQ(mode(path_), 0600U);
}

TEST_F(DatabaseTest, LinksFoldersAndPipesAreRefused) {
  make_ledger();
  fs::create_symlink(path_, folder_.path("link.db"));
  fs::create_symlink(folder_.path("nowhere"), folder_.path("dangling.db"));
  fs::create_directory(folder_.path("folder.db"));
  ASSERT_EQ(mkfifo(folder_.path("pipe.db").c_str(), 0600), 0);
  for (const char* name : {"link.db", "dangling.db", "folder.db", "pipe.db"}) {
    SCOPED_TRACE(name);
    EXPECT_THROW(std::ignore = open_for_writing(folder_.path(name)), core::Error);
    EXPECT_THROW(std::ignore = open_for_reading(folder_.path(name)), core::Error);
  }
  EXPECT_FALSE(fs::exists(folder_.path("nowhere")));
}

TEST_F(DatabaseTest, AFolderBehindALinkIsFine) {
  fs::create_directory(folder_.path("real"));
  fs::create_directory_symlink(folder_.path("real"), folder_.path("alias"));
  EXPECT_NO_THROW(std::ignore = open_for_writing(folder_.path("alias/ledger.db")));
  EXPECT_TRUE(fs::exists(folder_.path("real/ledger.db")));
}

TEST_F(DatabaseTest, NamesWithSpecialCharactersOfUrisWork) {
  for (const char* name : {"a?mode=memory.db", "file:x.db", "100%.db", "a#b.db"}) {
    const std::string path = folder_.path(name);
    open_for_writing(path)->exec("CREATE TABLE t (a)");
    EXPECT_NO_THROW(open_for_reading(path)->exec("SELECT * FROM t")) << name;
  }
}

TEST_F(DatabaseTest, ALedgerThatIsRemovedWhileItIsWrittenIsNoticed) {
  for (const char* taken : {"", "-wal"}) {
    SCOPED_TRACE(taken);
    const std::string path = folder_.path("ledger" + std::to_string(std::strlen(taken)));
    const auto writer = open_for_writing(path);
    writer->exec("CREATE TABLE t (a)");
    const storage::LedgerPlace place(path);
    EXPECT_GT(place.log_bytes(), 0);
    fs::rename(path + taken, folder_.path("elsewhere"));
    EXPECT_THROW(std::ignore = place.log_bytes(), core::Error);
    write_file(path + taken, "another file in its place");
    if (*taken == '\0') {
      EXPECT_THROW(std::ignore = place.log_bytes(), core::Error);
    }
  }
}

// A child process tries the lock that SQLite's writer must hold on the file as long as it is open.
bool other_process_may_lock(const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr off_t kSharedFirst = 0x40000000 + 2;  // sqlite3: SHARED_FIRST, SHARED_SIZE
    constexpr off_t kSharedSize = 510;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = kSharedFirst;
    lock.l_len = kSharedSize;
    const int file = open(path.c_str(), O_RDWR);
    _exit(file >= 0 && fcntl(file, F_SETLK, &lock) == 0 ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status) != 0;
}

// POSIX releases all locks of a process on a file when it closes any descriptor of it. Without
// them, another program that closes the ledger would think it is the last one, and delete the log.
TEST_F(DatabaseTest, OpeningAgainDoesNotReleaseTheWritersLocks) {
  const auto writer = open_for_writing(path_);
  writer->exec("CREATE TABLE t (a)");
  EXPECT_FALSE(other_process_may_lock(path_));
  {
    const auto reader = open_for_reading(path_);
    EXPECT_FALSE(other_process_may_lock(path_));
  }
  EXPECT_FALSE(other_process_may_lock(path_));
}

// Like a copy made by `db backup` to which another tool wrote until it was killed.
TEST_F(DatabaseTest, AnIncompleteChangeIsReportedAndUndoneByAWriter) {
  make_ledger();
  const std::string copy = path_ + ".copy";
  {
    SQLite::Database other(path_, SQLite::OPEN_READWRITE);
    other.exec(
        "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; CREATE TABLE cut(x);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
        "INSERT INTO cut SELECT randomblob(8000) FROM n");
    fs::copy_file(path_, copy);
    fs::copy_file(path_ + "-journal", copy + "-journal");
    other.exec("ROLLBACK");
  }
  try {
    std::ignore = open_for_reading(copy)->execAndGet("SELECT count(*) FROM sqlite_master");
    FAIL() << "read";
  } catch (const core::Error& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("db migrate"), std::string::npos) << refusal.what();
  }
  const auto writer = open_for_writing(copy);
  EXPECT_EQ(writer->execAndGet("SELECT count(*) FROM sqlite_master WHERE name = 'cut'").getInt(),
            0);
}

TEST_F(DatabaseTest, MessagesSayWhatToDo) {
  write_file(path_,
             "no database at all, but text that is long enough to hold a header: "
             "no database at all, but text that is long enough to hold a header");
  try {
    std::ignore = open_for_writing(path_);
    FAIL();
  } catch (const LedgerUnreadable& refusal) {
    const std::string text = refusal.what();
    EXPECT_NE(text.find(path_), std::string::npos);
    EXPECT_NE(text.find("--db"), std::string::npos);
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

TEST_F(DatabaseTest, EachFailureOfSqliteSaysWhatToDo) {
  const std::vector<std::pair<int, std::string>> cases{
      {SQLITE_CORRUPT, "restore a backup"},
      {SQLITE_FULL, "free space on its volume"},
      {SQLITE_READONLY, "check the permissions"},
      {SQLITE_PERM, "check the permissions"},
      {SQLITE_CANTOPEN, "check the permissions"},
      {SQLITE_CONSTRAINT, "another run wrote to it"},
      {SQLITE_BUSY, "another program holds it"},
      {SQLITE_IOERR, "cannot read the ledger " + path_ + ": why"},
  };
  for (const auto& [code, advice] : cases) {
    try {
      storage::throw_ledger_error(path_, "read", SQLite::Exception("why", code));
    } catch (const core::Error& error) {
      EXPECT_NE(std::string(error.what()).find(advice), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(storage::throw_ledger_error(path_, "read", SQLite::Exception("", SQLITE_NOTADB)),
               LedgerUnreadable);
}

TEST_F(DatabaseTest, AFileWhereItsFolderShouldBeIsNamed) {
  write_file(path_, "a file");
  try {
    std::ignore = open_for_writing(path_ + "/folder/ledger.db");
    FAIL();
  } catch (const core::Error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot make the ledger's folder " + path_),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
