// The numbers that the ledger stores for core's enums, as SQL. They cannot be bound where a
// statement must repeat the condition of a partial index.
#pragma once

#include <string>

#include "core/billing/billing.h"
#include "core/domain/task.h"

namespace storage {

template <typename Enum>
[[nodiscard]] std::string sql_number(Enum value) {
  return std::to_string(static_cast<int>(value));
}

/// "IN (1, 2)": for a task's state, exactly as in the index task_by_finish.
[[nodiscard]] inline std::string sql_in_finished_states() {
  return "IN (" + sql_number(core::TaskState::succeeded) + ", " +
         sql_number(core::TaskState::failed) + ")";
}
/// The same for an answer's verdict.
[[nodiscard]] inline std::string sql_in_final_verdicts() {
  return "IN (" + sql_number(core::Verdict::succeeded) + ", " + sql_number(core::Verdict::failed) +
         ")";
}

}  // namespace storage
