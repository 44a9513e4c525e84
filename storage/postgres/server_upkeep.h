// Maintenance of a ledger on PostgreSQL: what storage/sqlite/maintenance.h and forgetting.h do to a
// file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"
#include "storage/postgres/ledger_url.h"
#include "storage/statements/forgetting.h"
#include "storage/statements/pruning.h"

namespace storage {

/// The closed periods without a bundle whose answers prune_ledger spares with PruneScope::bundled.
/// Throws LedgerUnreadable, ServerError, ConnectionLost.
[[nodiscard]] std::vector<SparedPeriod> spared_periods(const LedgerUrl& url, core::UtcTime before);

/// Deletes the raw answers of tasks that finished before `before` and have no wanted video, in many
/// transactions: what an interrupted call did stays done, and another call goes on. Then gives the
/// space back. Only for the owner. Throws LedgerBusy, also when a run begins meanwhile,
/// LedgerUnreadable, ServerError, ConnectionLost, as do the following.
[[nodiscard]] PruneReport prune_ledger(const LedgerUrl& url, core::UtcTime before,
                                       PruneScope scope = PruneScope::all);

/// Forgets the tasks for which that is possible, and reports the others.
[[nodiscard]] ForgetReport forget_tasks(const LedgerUrl& url, const std::string& account,
                                        const std::vector<core::TaskId>& ids, core::UtcTime now);

/// Forgets the tasks, of all accounts, that a run imported. None if there was no such run. Throws
/// core::UsageError if another run may have imported them.
[[nodiscard]] std::optional<ForgetReport> forget_import(const LedgerUrl& url, std::int64_t run,
                                                        core::UtcTime now);

}  // namespace storage
