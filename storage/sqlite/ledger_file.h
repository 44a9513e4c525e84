// Determines what a ledger's file is from its bytes, without opening a database, which might write.
#pragma once

#include <cstdint>
#include <string>

namespace storage {

enum class FileKind { absent, ledger, other };

struct LedgerFile {
  FileKind kind = FileKind::absent;
  std::int64_t schema = 0;  ///< also if only the write-ahead log has it
  bool in_wal_mode = false;
};

/// Throws LedgerUnreadable for a link, core::Error and SQLite::Exception if the file cannot be
/// read.
[[nodiscard]] LedgerFile look_at_ledger(const std::string& path);

/// Whether a non-empty write-ahead log exists beside the ledger.
[[nodiscard]] bool has_log(const std::string& path);

/// Examines the file at `path`. Throws LedgerUnreadable unless it is a ledger that this version can
/// read, or an older one; also if there is no file, unless `may_be_absent`. For commands that are
/// about to create files beside it: nothing is created or changed. Throws core::Error if it cannot
/// be read.
LedgerFile require_ledger(const std::string& path, bool may_be_absent = false);

/// Throws LedgerUnreadable: the file is not a ledger.
[[noreturn]] void throw_not_a_ledger(const std::string& path);

/// Identifies the file of an open ledger, so that a run notices if it is moved, replaced or
/// removed. Any thread.
class LedgerPlace {
 public:
  /// Throws core::Error if there is no file at `path`.
  explicit LedgerPlace(std::string path);
  /// Whether the file is still at its path.
  [[nodiscard]] bool is_unmoved() const;
  /// Throws core::Error that says where the file is now, if it is no longer at its path.
  void require_unmoved() const;
  /// The same for its write-ahead log; returns the log's size. Only after something was written.
  [[nodiscard]] std::int64_t log_bytes() const;

 private:
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

}  // namespace storage
