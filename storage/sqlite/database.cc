#include "storage/sqlite/database.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "storage/ledger_error.h"
#include "storage/sqlite/draft.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/private_folder.h"

namespace storage {
namespace {

// For other programs that write, although none should; a run that is told to end has five seconds.
constexpr int kBusyTimeoutMs = 4'000;
constexpr int kPageBytes = 8192;
constexpr int kWriterCacheKib = 4 * 1024;  // measured: no slower than 12 MiB at a million tasks
constexpr int kReaderCacheKib = 2 * 1024;
constexpr int kCheckpointPages = 2000;  // 16 MiB of write-ahead log

// Statistics, which nobody reads, would take a global mutex at each allocation.
void configure_sqlite() {
  static const int kConfigured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kConfigured);  // harmless if SQLite is in use already
}

std::int64_t integer(SQLite::Database& database, const std::string& pragma) {
  return database.execAndGet("PRAGMA " + pragma).getInt64();
}

void set_and_verify(SQLite::Database& database, const std::string& path, const std::string& pragma,
                    std::int64_t value) {
  database.exec("PRAGMA " + pragma + " = " + std::to_string(value));
  if (integer(database, pragma) != value) {
    throw core::Error("SQLite refuses " + pragma + " = " + std::to_string(value) + " for " + path +
                      "; the ledger would not be safe, so nothing was done");
  }
}

// Raw answers contain links that anybody may use. A copied or restored ledger may have another
// mode; the ledger of another user is not changed.
void keep_private(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    static_cast<void>(chmod(path.c_str(), S_IRUSR | S_IWUSR));
  }
}

// Creates a ledger without tables, under a temporary name that is changed at the end: a zero-byte
// file is never a ledger.
void make_ledger(const std::string& path) {
  struct stat status {};
  if (lstat((path + "-wal").c_str(), &status) == 0) {
    throw LedgerUnreadable("the ledger " + path + " is gone, and its write-ahead log " + path +
                           "-wal still exists: put the ledger back, or move the log away");
  }
  Draft draft("the ledger", path);
  lay_out_ledger(draft.path());
  if (!draft.publish()) {
    throw core::Error("cannot make the ledger " + path + ": another program made a file there");
  }
}

void harden(SQLite::Database& database, const std::string& path, int cache_kib) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  set_and_verify(database, path, "trusted_schema", 0);
  set_and_verify(database, path, "cell_size_check", 1);
  set_and_verify(database, path, "foreign_keys", 1);
  set_and_verify(database, path, "cache_size", -cache_kib);
  database.exec("PRAGMA mmap_size = 0");
}

enum class LogAtClose { stays, moves_into_file };

void set_log_at_close(SQLite::Database& database, LogAtClose what) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                    what == LogAtClose::stays ? 1 : 0, nullptr);
}

const int kReaderFlags = SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX;

// To read in WAL mode, SQLite needs a shared memory file beside the ledger.
bool may_make_files_beside(const std::string& path) {
  const auto folder = std::filesystem::absolute(path).parent_path();
  return access(folder.c_str(), W_OK | X_OK) == 0;
}

// sqlite.org/uri.html: escapes the characters that would end the path or begin an escape.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char one : std::filesystem::absolute(path).string()) {
    switch (one) {
      case '%':
        uri += "%25";
        break;
      case '?':
        uri += "%3f";
        break;
      case '#':
        uri += "%23";
        break;
      default:
        uri += one;
    }
  }
  return uri + "?immutable=1";
}

// For read-only media, or somebody else's folder. Without a log, nobody has the ledger open, and
// the file is complete.
std::unique_ptr<SQLite::Database> open_where_nothing_can_be_made(const std::string& path) {
  if (!has_log(path)) {
    return std::make_unique<SQLite::Database>(immutable_uri(path), kReaderFlags | SQLite::OPEN_URI,
                                              kBusyTimeoutMs);
  }
  struct stat status {};
  if (lstat((path + "-shm").c_str(), &status) != 0) {
    throw core::Error(
        "cannot read the ledger " + path + ": a part of it is in its write-ahead log " + path +
        "-wal, and " + path +
        "-shm, which SQLite needs for it, cannot be created there; copy the ledger and the "
        "log into a writable folder, and give the copy with --db");
  }
  return std::make_unique<SQLite::Database>(path, kReaderFlags, kBusyTimeoutMs);
}

}  // namespace

void throw_ledger_error(const std::string& path, const char* doing,
                        const SQLite::Exception& failure) {
  const std::string what =
      std::string("cannot ") + doing + " the ledger " + path + ": " + failure.what();
  switch (failure.getErrorCode()) {
    case SQLITE_NOTADB:
      throw_not_a_ledger(path);
    case SQLITE_CORRUPT:
      throw core::Error(what + "; run `reeltally db check`, then restore a backup");
    case SQLITE_FULL:
      throw core::Error(what + "; free space on its volume and run again");
    case SQLITE_READONLY:
      if (failure.getExtendedErrorCode() == SQLITE_READONLY_ROLLBACK) {
        throw core::Error("cannot read the ledger " + path +
                          ": a program that wrote to it was ended in the middle of a change, and "
                          "the incomplete change is in " +
                          path +
                          "-journal; `reeltally db migrate` undoes it, as the next run "
                          "does");
      }
      [[fallthrough]];
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      throw core::Error(what +
                        "; check the permissions of the file and of its folder, in which "
                        "readers also create two files");
    case SQLITE_CONSTRAINT:  // each writer numbers what it adds
      throw core::Error(
          what +
          "; another run wrote to it at the same time, despite its lock: end the other "
          "one, run `reeltally db check`, then run again");
    case SQLITE_BUSY:
      throw core::Error(what + "; another program holds it (a second SQLite tool?)");
    default:
      throw core::Error(what);
  }
}

void lay_out_ledger(const std::string& file) {
  SQLite::Database database(file, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA synchronous = OFF");  // it is synced once, when it is complete
  database.exec("PRAGMA page_size = " + std::to_string(kPageBytes));
  // Set before WAL mode, so that the file itself has it from the beginning.
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  database.exec("PRAGMA journal_mode = WAL");
}

std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path) {
  configure_sqlite();
  // Checked before anything is created or changed: a file that is not a ledger, or a ledger of a
  // newer program, keeps its journal mode, its log and its mode.
  const FileKind kind = require_ledger(path, true).kind;
  make_private_folder(std::filesystem::absolute(path).parent_path());
  return with_ledger_errors(path, "open", [&] {
    if (kind == FileKind::absent) {
      make_ledger(path);
    }
    keep_private(path);
    auto database = std::make_unique<SQLite::Database>(
        path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
    set_log_at_close(*database, LogAtClose::stays);  // in case the file is damaged
    if (database->execAndGet("PRAGMA journal_mode = WAL").getString() != "wal") {
      throw core::Error("SQLite cannot keep a write-ahead log for " + path +
                        "; the ledger needs a local file system");
    }
    constexpr int kFull = 2;
    set_and_verify(*database, path, "synchronous", kFull);
    set_and_verify(*database, path, "wal_autocheckpoint", kCheckpointPages);
    harden(*database, path, kWriterCacheKib);
    set_log_at_close(*database, LogAtClose::moves_into_file);
    return database;
  });
}

bool empty_log(SQLite::Database& database, const std::string& path) {
  return with_ledger_errors(path, "move the write-ahead log into", [&] {
    return database.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() == 0;
  });
}

void trust_references(SQLite::Database& database, const std::string& path) {
  set_and_verify(database, path, "foreign_keys", 0);
}

void leave_old_bytes(SQLite::Database& database, const std::string& path) {
  set_and_verify(database, path, "secure_delete", 0);
}

void leave_log_at_close(SQLite::Database& database) {
  set_log_at_close(database, LogAtClose::stays);
}

std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path) {
  configure_sqlite();
  const bool in_wal_mode = require_ledger(path).in_wal_mode;
  return with_ledger_errors(path, "read", [&] {
    std::unique_ptr<SQLite::Database> database;
    if (in_wal_mode && !may_make_files_beside(path)) {
      database = open_where_nothing_can_be_made(path);
    } else {
      database = std::make_unique<SQLite::Database>(path, kReaderFlags, kBusyTimeoutMs);
    }
    set_and_verify(*database, path, "wal_autocheckpoint", 0);
    set_and_verify(*database, path, "query_only", 1);
    harden(*database, path, kReaderCacheKib);
    return database;
  });
}

}  // namespace storage
