// Counts of tasks by state, as statements that group by `task.state` return them.
#pragma once

#include <cstdint>

#include "core/domain/lifecycle.h"

namespace storage {

/// Adds `tasks` of one state to totals that have a member for all tasks and one for each state.
template <typename Totals>
void add_state(Totals& totals, core::TaskState state, std::uint64_t tasks) {
  totals.tasks += tasks;
  switch (state) {
    case core::TaskState::unfinished:
      totals.unfinished += tasks;
      break;
    case core::TaskState::succeeded:
      totals.succeeded += tasks;
      break;
    case core::TaskState::failed:
      totals.failed += tasks;
      break;
    case core::TaskState::missing:
      totals.missing += tasks;
      break;
  }
}

}  // namespace storage
