#include "storage/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "storage/draft.h"
#include "storage/ledger_error.h"
#include "storage/private_folder.h"

namespace storage {
namespace {

// For other tools that write, which none should; a run that is told to end has five seconds.
constexpr int kBusyTimeoutMs = 4'000;
constexpr std::size_t kHeaderBytes = 100;  // sqlite.org/fileformat.html §1.3
constexpr std::size_t kApplicationIdAt = 68;
constexpr int kPageBytes = 8192;
constexpr int kWriterCacheKib = 4 * 1024;  // measured: no slower than 12 MiB at a million tasks
constexpr int kReaderCacheKib = 2 * 1024;
constexpr int kCheckpointPages = 2000;  // 16 MiB of write-ahead log

// Statistics that nobody asks for would take a global mutex at each allocation.
void configure_sqlite() {
  static const int kConfigured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kConfigured);  // no harm when SQLite is in use already
}

std::string why(int error) { return std::generic_category().message(error); }

enum class FileKind { absent, ledger, other };

// The first bytes, read through SQLite's own file layer. Any other descriptor of ours would, when
// closed, drop every lock that this process holds on the ledger (sqlite.org/howtocorrupt.html
// §2.2).
class HeaderFile {
 public:
  explicit HeaderFile(const std::string& path)
      : vfs_(sqlite3_vfs_find(nullptr)), bytes_(static_cast<std::size_t>(vfs_->szOsFile)) {
    std::string name = path;
    name.append(4, '\0');  // the empty list of URI parameters that follows a database's name
    name_ = std::move(name);
    constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    const int status = vfs_->xOpen(vfs_, name_.c_str(), file(), kFlags, nullptr);
    if (status != SQLITE_OK) {
      throw SQLite::Exception("the file cannot be opened: " + why(errno), status);
    }
  }
  ~HeaderFile() { file()->pMethods->xClose(file()); }
  HeaderFile(const HeaderFile&) = delete;
  HeaderFile& operator=(const HeaderFile&) = delete;

  // False when the file is shorter.
  bool read(void* target, int bytes) {
    const int status = file()->pMethods->xRead(file(), target, bytes, 0);
    if (status != SQLITE_OK && status != SQLITE_IOERR_SHORT_READ) {
      throw SQLite::Exception("the file cannot be read: " + why(errno), status);
    }
    return status == SQLITE_OK;
  }

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(bytes_.data()); }

  sqlite3_vfs* vfs_;
  std::string name_;
  std::vector<char> bytes_;
};

// Looks without opening a database, which might write: a foreign file must stay as it is.
FileKind file_kind(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return FileKind::absent;
    }
    throw core::Error("cannot look at the ledger " + path + ": " + why(errno));
  }
  if (S_ISLNK(status.st_mode)) {
    throw LedgerUnreadable("the ledger " + path + " is a link; name the file itself");
  }
  if (!S_ISREG(status.st_mode)) {
    return FileKind::other;
  }
  std::array<unsigned char, kHeaderBytes> header{};
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (!HeaderFile(path).read(header.data(), static_cast<int>(header.size())) ||
      std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    return FileKind::other;
  }
  std::int64_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    id = id * 256 + header.at(kApplicationIdAt + i);
  }
  return id == kApplicationId ? FileKind::ledger : FileKind::other;
}

[[noreturn]] void throw_not_a_ledger(const std::string& path) {
  throw LedgerUnreadable(path +
                         " is no reeltally ledger; it was left as it is. Name another file with "
                         "--db, or restore a backup (db backup) there");
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

// Raw answers hold links that anybody may use. A ledger that was copied or restored may have got
// another mode; one that belongs to somebody else stays as it is.
void keep_private(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    static_cast<void>(chmod(path.c_str(), S_IRUSR | S_IWUSR));
  }
}

// A ledger without tables. It gets its name when it is one: a file of no bytes is never ours.
void make_ledger(const std::string& path) {
  struct stat status {};
  if (lstat((path + "-wal").c_str(), &status) == 0) {
    throw LedgerUnreadable("the ledger " + path + " is gone, and its write-ahead log " + path +
                           "-wal is still there: put the ledger back, or move the log away");
  }
  Draft draft("the ledger", path);
  {
    SQLite::Database database(draft.path(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA synchronous = OFF");  // it is synced once, when it is whole
    database.exec("PRAGMA page_size = " + std::to_string(kPageBytes));
    // Before WAL, so that it stands in the file itself from the first byte on.
    database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    database.exec("PRAGMA journal_mode = WAL");
  }
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
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      throw core::Error(what +
                        "; check the permissions of the file and of its folder, in which readers "
                        "too make two files");
    case SQLITE_BUSY:
      throw core::Error(what + "; another program holds it (a second SQLite tool?)");
    default:
      throw core::Error(what);
  }
}

std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path) {
  configure_sqlite();
  make_private_folder(std::filesystem::absolute(path).parent_path());
  return with_ledger_errors(path, "open", [&] {
    FileKind kind = file_kind(path);
    if (kind == FileKind::absent) {
      make_ledger(path);
      kind = file_kind(path);
    }
    if (kind != FileKind::ledger) {
      throw_not_a_ledger(path);
    }
    keep_private(path);
    auto database = std::make_unique<SQLite::Database>(
        path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
    if (database->execAndGet("PRAGMA journal_mode = WAL").getString() != "wal") {
      throw core::Error("SQLite cannot keep a write-ahead log for " + path +
                        "; the ledger needs a local file system");
    }
    constexpr int kFull = 2;
    set_and_verify(*database, path, "synchronous", kFull);
    set_and_verify(*database, path, "wal_autocheckpoint", kCheckpointPages);
    harden(*database, path, kWriterCacheKib);
    return database;
  });
}

void leave_log_at_close(SQLite::Database& database) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

std::int64_t log_bytes(SQLite::Database& database, const std::string& path) {
  int moved = 0;
  struct stat log {};
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0 || lstat((path + "-wal").c_str(), &log) != 0) {
    throw core::Error("the ledger " + path + " or its write-ahead log was moved or removed while " +
                      "it was in use; put it back, then run again");
  }
  return log.st_size;
}

std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path) {
  configure_sqlite();
  switch (with_ledger_errors(path, "read", [&] { return file_kind(path); })) {
    case FileKind::absent:
      throw LedgerUnreadable("no ledger at " + path +
                             "; name it with --db, or make one with `reeltally run`");
    case FileKind::other:
      throw_not_a_ledger(path);
    case FileKind::ledger:
      break;
  }
  return with_ledger_errors(path, "read", [&] {
    auto database = std::make_unique<SQLite::Database>(
        path, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
    set_and_verify(*database, path, "wal_autocheckpoint", 0);
    set_and_verify(*database, path, "query_only", 1);
    harden(*database, path, kReaderCacheKib);
    return database;
  });
}

}  // namespace storage
