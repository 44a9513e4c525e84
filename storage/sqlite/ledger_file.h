// What a ledger's file is, told by its bytes alone: no database is opened, which might write.
#pragma once

#include <cstdint>
#include <string>

namespace storage {

enum class FileKind { absent, ledger, other };

struct LedgerFile {
  FileKind kind = FileKind::absent;
  std::int64_t schema = 0;  ///< also where only the write-ahead log has it
  bool in_wal_mode = false;
};

/// Throws LedgerUnreadable for a link, core::Error and SQLite::Exception when the file cannot be
/// read.
[[nodiscard]] LedgerFile look_at_ledger(const std::string& path);

/// Whether a write-ahead log with anything in it lies beside the ledger.
[[nodiscard]] bool has_log(const std::string& path);

/// What lies at `path`. Throws LedgerUnreadable unless it is a ledger that this version can read,
/// or an older one; where none lies, too, unless `may_be_absent`. For commands that are about to
/// make files beside it: nothing is made or changed. Throws core::Error when it cannot be read.
LedgerFile require_ledger(const std::string& path, bool may_be_absent = false);

/// Throws LedgerUnreadable that says so.
[[noreturn]] void throw_not_a_ledger(const std::string& path);

/// Which file an open ledger is, so that one that is moved, replaced or removed meanwhile is
/// noticed. Any thread.
class LedgerPlace {
 public:
  /// Throws core::Error when nothing lies at `path`.
  explicit LedgerPlace(std::string path);
  /// Whether the file is still at its path.
  [[nodiscard]] bool is_unmoved() const;
  /// Throws core::Error that says where the file is now, when it is not.
  void require_unmoved() const;
  /// The same for its write-ahead log, whose size it returns. Only after something was written.
  [[nodiscard]] std::int64_t log_bytes() const;

 private:
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace storage
