#include "storage/sqlite/ledger_file.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/beneath.h"
#include "core/files/read_whole.h"
#include "storage/ledger_error.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"

namespace storage {
namespace {

// sqlite.org/fileformat.html §1.3 (the header) and §4 (the write-ahead log). Numbers are
// big-endian.
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kReadVersionAt = 19;
constexpr unsigned char kReadVersionWal = 2;
constexpr std::size_t kUserVersionAt = 60;
constexpr std::size_t kApplicationIdAt = 68;
constexpr std::size_t kLogHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;

std::uint32_t number_at(const unsigned char* bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << 8U | bytes[at + i];
  }
  return number;
}

// Reads through SQLite's own file layer. Closing any other descriptor would release every lock that
// this process has on the ledger (sqlite.org/howtocorrupt.html §2.2).
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
      throw SQLite::Exception("the file cannot be opened: " + core::errno_text(errno), status);
    }
  }
  ~HeaderFile() { file()->pMethods->xClose(file()); }
  HeaderFile(const HeaderFile&) = delete;
  HeaderFile& operator=(const HeaderFile&) = delete;

  // False if the file is shorter.
  bool read(void* target, int bytes) {
    const int status = file()->pMethods->xRead(file(), target, bytes, 0);
    if (status != SQLITE_OK && status != SQLITE_IOERR_SHORT_READ) {
      throw SQLite::Exception("the file cannot be read: " + core::errno_text(errno), status);
    }
    return status == SQLITE_OK;
  }

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(bytes_.data()); }

  sqlite3_vfs* vfs_;
  std::string name_;
  std::vector<char> bytes_;
};

// The log has no locks, so a descriptor of our own is harmless.
class LogFile {
 public:
  explicit LogFile(const std::string& path)
      : file_(open((path + "-wal").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}

  // The schema's number in the newest committed page 1 of the log; `otherwise` if the log has none.
  [[nodiscard]] std::int64_t schema_else(std::int64_t otherwise) const {
    std::array<unsigned char, kLogHeaderBytes> header{};
    if (!read(header, 0)) {
      return otherwise;
    }
    const std::uint32_t page_bytes = number_at(header.data(), 8);
    std::int64_t committed = otherwise;
    std::int64_t pending = otherwise;
    std::array<unsigned char, kFrameHeaderBytes> frame{};
    for (std::size_t at = kLogHeaderBytes; read(frame, at); at += frame.size() + page_bytes) {
      constexpr std::size_t kSaltInHeader = 16;
      constexpr std::size_t kSaltInFrame = 8;
      constexpr std::size_t kSaltBytes = 8;
      if (std::memcmp(&frame[kSaltInFrame], &header[kSaltInHeader], kSaltBytes) != 0) {
        break;  // older than the last restart of the log
      }
      std::array<unsigned char, 4> version{};
      if (number_at(frame.data(), 0) == 1 && read(version, at + frame.size() + kUserVersionAt)) {
        pending = number_at(version.data(), 0);
      }
      if (number_at(frame.data(), 4) != 0) {  // the last frame of a transaction
        committed = pending;
      }
    }
    return committed;
  }

 private:
  template <std::size_t Bytes>
  bool read(std::array<unsigned char, Bytes>& target, std::size_t at) const {
    return file_.valid() && core::read_at(file_.number(), target.data(), Bytes,
                                          static_cast<off_t>(at)) == static_cast<ssize_t>(Bytes);
  }

  core::Descriptor file_;
};

// The kernel's current path of an open file; empty if unknown or deleted.
std::string path_now(std::uint64_t device, std::uint64_t inode) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator at("/proc/self/fd", ignored), end; at != end;
       at.increment(ignored)) {
    struct stat status {};
    if (stat(at->path().c_str(), &status) == 0 && status.st_dev == device &&
        status.st_ino == inode) {
      return std::filesystem::read_symlink(at->path(), ignored).string();
    }
  }
  return {};
}

}  // namespace

LedgerFile look_at_ledger(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return {};
    }
    throw core::Error("cannot examine the ledger " + path + ": " + core::errno_text(errno));
  }
  if (S_ISLNK(status.st_mode)) {
    throw LedgerUnreadable("the ledger " + path + " is a link; name the file itself");
  }
  LedgerFile file{.kind = FileKind::other};
  if (!S_ISREG(status.st_mode)) {
    return file;
  }
  std::array<unsigned char, kHeaderBytes> header{};
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (!HeaderFile(path).read(header.data(), static_cast<int>(header.size())) ||
      std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0 ||
      number_at(header.data(), kApplicationIdAt) != kApplicationId) {
    return file;
  }
  file.kind = FileKind::ledger;
  file.in_wal_mode = header.at(kReadVersionAt) == kReadVersionWal;
  file.schema = number_at(header.data(), kUserVersionAt);
  if (file.in_wal_mode) {
    file.schema = LogFile(path).schema_else(file.schema);
  }
  return file;
}

bool has_log(const std::string& path) {
  struct stat status {};
  return lstat((path + "-wal").c_str(), &status) == 0 && status.st_size > 0;
}

LedgerFile require_ledger(const std::string& path, bool may_be_absent) {
  const LedgerFile file = with_ledger_errors(path, "read", [&] { return look_at_ledger(path); });
  switch (file.kind) {
    case FileKind::absent:
      if (!may_be_absent) {
        throw LedgerUnreadable("no ledger at " + path +
                               "; name it with --db, or make one with `reeltally run FILE`");
      }
      break;
    case FileKind::other:
      throw_not_a_ledger(path);
    case FileKind::ledger:
      require_no_newer_schema(path, file.schema, embedded_migrations());
      break;
  }
  return file;
}

void throw_not_a_ledger(const std::string& path) {
  throw LedgerUnreadable(path +
                         " is not a reeltally ledger; it was not changed. Name another file with "
                         "--db, or restore a backup (db backup) there");
}

LedgerPlace::LedgerPlace(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) {
    fail("was moved or removed");
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

bool LedgerPlace::is_unmoved() const {
  struct stat status {};
  return lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

void LedgerPlace::require_unmoved() const {
  if (!is_unmoved()) {
    struct stat status {};
    fail(lstat(path_.c_str(), &status) == 0 ? "was replaced by another file"
                                            : "was moved or removed");
  }
}

std::int64_t LedgerPlace::log_bytes() const {
  require_unmoved();
  struct stat log {};
  if (lstat((path_ + "-wal").c_str(), &log) != 0) {
    throw core::Error("the write-ahead log of the ledger " + path_ +
                      " was moved or removed while it was in use: what was recorded since may be "
                      "lost; put it back, then run again");
  }
  return log.st_size;
}

void LedgerPlace::fail(const std::string& what) const {
  constexpr std::string_view kDeleted = " (deleted)";
  const std::string now = path_now(device_, inode_);
  std::string rest = "; put it back, then run again";
  if (now.ends_with(kDeleted)) {
    rest = ": its file is deleted, with what was recorded in it; restore a backup, then run again";
  } else if (!now.empty()) {
    rest = ": what was recorded is in " + now +
           ", and in the file of that or of the old name that " +
           "ends in -wal; put them back, then run again";
  }
  throw core::Error("the ledger " + path_ + " " + what + " while it was in use" + rest);
}

}  // namespace storage
