// Maintenance of a ledger: backup, schema upgrade, pruning.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.h"
#include "storage/statements/pruning.h"

namespace storage {

/// Copies the ledger, also during a run. Throws like back_up (storage/sqlite/backup.h).
void back_up_ledger(const std::string& path, const std::string& target);

struct MigrationReport {
  int from = 0;
  int to = 0;
  std::string backup;  ///< empty: none was made
};
/// Brings the schema up to date. The caller holds the Lock.
[[nodiscard]] MigrationReport migrate_ledger(const std::string& path, core::UtcTime now,
                                             bool backup);

/// Moves the write-ahead log into the file, so that a copy of the file alone has all committed
/// data. False if another program keeps reading from the log. The caller holds the Lock.
[[nodiscard]] bool settle_ledger(const std::string& path);

/// The closed periods without a bundle whose answers prune_ledger spares with PruneScope::bundled.
[[nodiscard]] std::vector<SparedPeriod> spared_periods(const std::string& path,
                                                       core::UtcTime before);

/// Deletes the raw answers of tasks that finished before `before` and have no wanted video. Later
/// answers reuse the space. The caller holds the Lock.
[[nodiscard]] PruneReport prune_ledger(const std::string& path, core::UtcTime before,
                                       PruneScope scope = PruneScope::all);

}  // namespace storage
