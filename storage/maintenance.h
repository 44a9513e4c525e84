// Looking after a ledger: is it whole, what may go, a copy of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.h"

namespace storage {

/// Every fault found, one line each; empty: the ledger is whole. Checks the file (integrity_check,
/// foreign keys), that the schema is that of the migrations, that snapshots are numbered without a
/// gap, that every kept answer has its recorded SHA-256 and, if `version` of the program recorded
/// it, says what the tables took from it, and that each task's snapshots, replayed (core::fold),
/// give its row. Reads only; throws LedgerUnreadable.
[[nodiscard]] std::vector<std::string> check_ledger(const std::string& path,
                                                    const std::string& version);

/// What SQLite's quick_check says of the file; empty: it is sound. Reads only; throws
/// LedgerUnreadable.
[[nodiscard]] std::vector<std::string> check_ledger_file(const std::string& path);

/// A copy of the ledger, also while a run writes. Throws as back_up does (storage/backup.h).
void back_up_ledger(const std::string& path, const std::string& target);

struct MigrationReport {
  int from = 0;
  int to = 0;
  std::string backup;  ///< empty: none was made
};
/// Brings the schema up to date. The caller holds the Lock.
[[nodiscard]] MigrationReport migrate_ledger(const std::string& path, core::UtcTime now,
                                             bool backup);

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
