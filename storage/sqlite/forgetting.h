// Takes back tasks that were imported by mistake and have no final answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"
#include "storage/statements/forgetting.h"

namespace storage {

/// Forgets the tasks for which that is possible, and reports the others. Forgotten tasks are not
/// queried or counted as unfinished or missing until a list names them again; their history stays.
/// The caller holds the Lock. Throws LedgerUnreadable, core::Error.
[[nodiscard]] ForgetReport forget_tasks(const std::string& path, const std::string& account,
                                        const std::vector<core::TaskId>& ids, core::UtcTime now);

/// Forgets the tasks, of all accounts, that a run imported. None if there was no such run. Throws
/// core::UsageError if another run may have imported them.
[[nodiscard]] std::optional<ForgetReport> forget_import(const std::string& path, std::int64_t run,
                                                        core::UtcTime now);

}  // namespace storage
