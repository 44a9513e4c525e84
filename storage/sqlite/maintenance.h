// Looking after a ledger: a copy of it, its schema, what may go.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.h"

namespace storage {

/// A copy of the ledger, also while a run writes. Throws as back_up does (storage/sqlite/backup.h).
void back_up_ledger(const std::string& path, const std::string& target);

struct MigrationReport {
  int from = 0;
  int to = 0;
  std::string backup;  ///< empty: none was made
};
/// Brings the schema up to date. The caller holds the Lock.
[[nodiscard]] MigrationReport migrate_ledger(const std::string& path, core::UtcTime now,
                                             bool backup);

/// Moves the write-ahead log into the file, so that a copy of the file alone has all that was
/// committed. False when another program keeps reading what is in the log. The caller holds the
/// Lock.
[[nodiscard]] bool settle_ledger(const std::string& path);

struct PruneReport {
  std::uint64_t tasks = 0;
  std::uint64_t answers = 0;      ///< dropped; their rows and hashes stay
  std::int64_t bytes_before = 0;  ///< of stored answers, compressed
  std::int64_t bytes_after = 0;
};
/// Drops the raw answers of tasks that finished before `before` and want no video any more. The
/// room is used again by later answers. The caller holds the Lock.
[[nodiscard]] PruneReport prune_ledger(const std::string& path, core::UtcTime before);

}  // namespace storage
