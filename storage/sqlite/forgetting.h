// Tasks that are taken back: imported by mistake, and known to no final answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"

namespace storage {

/// What stands against forgetting a task.
enum class ForgetRefusal {
  unknown,   ///< the ledger has no such task
  answered,  ///< a final answer, or a video, is of it: it may be on a bill
};

struct RefusedTask {
  std::string task_id;
  ForgetRefusal why = ForgetRefusal::unknown;
};

struct ForgetReport {
  std::uint64_t forgotten = 0;       ///< those that were forgotten before included
  std::uint64_t answered = 0;        ///< of a run's tasks: left, since they have a final answer
  std::vector<RefusedTask> refused;  ///< of those that were named
};

/// Forgets the tasks that can be, and reports the others. They are not asked about or counted as
/// unfinished or missing until a list names them again; their history stays. The caller holds the
/// Lock. Throws LedgerUnreadable, core::Error.
[[nodiscard]] ForgetReport forget_tasks(const std::string& path, const std::string& account,
                                        const std::vector<core::TaskId>& ids, core::UtcTime now);

/// Forgets the tasks, of all accounts, that the ledger first met in a run. None when there was no
/// such run.
[[nodiscard]] std::optional<ForgetReport> forget_import(const std::string& path, std::int64_t run,
                                                        core::UtcTime now);

}  // namespace storage
