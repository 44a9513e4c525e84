// Takes back tasks that were imported by mistake and have no final answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"

namespace storage {

/// Why a task cannot be forgotten.
enum class ForgetRefusal {
  unknown,   ///< the ledger has no such task
  answered,  ///< it has a final answer or a video: it may be on a bill
};

struct RefusedTask {
  std::string task_id;
  ForgetRefusal why = ForgetRefusal::unknown;
};

struct ForgetReport {
  std::uint64_t forgotten = 0;       ///< including those that were forgotten before
  std::uint64_t answered = 0;        ///< of a run's tasks: kept, because they have a final answer
  std::vector<RefusedTask> refused;  ///< of the named tasks
};

/// Forgets the tasks for which that is possible, and reports the others. Forgotten tasks are not
/// queried or counted as unfinished or missing until a list names them again; their history stays.
/// The caller holds the Lock. Throws LedgerUnreadable, core::Error.
[[nodiscard]] ForgetReport forget_tasks(const std::string& path, const std::string& account,
                                        const std::vector<core::TaskId>& ids, core::UtcTime now);

/// Forgets the tasks, of all accounts, that a run imported. None if there was no such run.
[[nodiscard]] std::optional<ForgetReport> forget_import(const std::string& path, std::int64_t run,
                                                        core::UtcTime now);

}  // namespace storage
