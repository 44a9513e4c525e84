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

#include "storage/ledger_error.h"

namespace storage {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr std::size_t kHeaderBytes = 100;  // sqlite.org/fileformat.html §1.3
constexpr std::size_t kApplicationIdAt = 68;
constexpr int kPageBytes = 8192;
constexpr int kWriterCacheKib = 12 * 1024;
constexpr int kReaderCacheKib = 2 * 1024;
constexpr int kCheckpointPages = 2000;  // 16 MiB of write-ahead log

std::string why(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

enum class FileKind { empty, ledger, other };

// Looks without SQLite, which might write: a foreign file must stay as it is.
FileKind file_kind(int descriptor) {
  std::array<unsigned char, kHeaderBytes> header{};
  const ssize_t got = pread(descriptor, header.data(), header.size(), 0);
  if (got == 0) {
    return FileKind::empty;
  }
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (got != static_cast<ssize_t>(header.size()) ||
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

void make_folder(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::exists(folder)) {
    return;
  }
  make_folder(folder.parent_path());
  if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    throw core::Error("cannot make the ledger's folder " + folder.string() + ": " + why(errno));
  }
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
      throw core::Error(what + "; check the permissions of the file and its folder");
    case SQLITE_BUSY:
      throw core::Error(what + "; another program holds it (a second SQLite tool?)");
    default:
      throw core::Error(what);
  }
}

std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path) {
  make_folder(std::filesystem::absolute(path).parent_path());
  const Descriptor file(
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (file.number() < 0) {
    throw core::Error("cannot open the ledger " + path + ": " + why(errno) +
                      (errno == ELOOP ? " (a link; name the file itself)" : ""));
  }
  const FileKind kind = file_kind(file.number());
  // An empty file is what a run leaves that was killed while it made the ledger. Beside a
  // write-ahead log it is a ledger that lost its content.
  if (kind == FileKind::other ||
      (kind == FileKind::empty && access((path + "-wal").c_str(), F_OK) == 0)) {
    throw_not_a_ledger(path);
  }
  return with_ledger_errors(path, "open", [&] {
    auto database = std::make_unique<SQLite::Database>(
        path, SQLite::OPEN_READWRITE | SQLite::OPEN_NOMUTEX, kBusyTimeoutMs);
    if (kind == FileKind::empty) {
      database->exec("PRAGMA page_size = " + std::to_string(kPageBytes));
      // Before WAL, so that it stands in the file itself from the first byte on.
      database->exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    }
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

std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.number() < 0) {
    throw LedgerUnreadable("no ledger at " + path + " (" + why(errno) +
                           "); name it with --db, or make one with `reeltally run`");
  }
  if (file_kind(file.number()) != FileKind::ledger) {
    throw_not_a_ledger(path);
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
