// The columns of `task` that store a core::TaskStanding.
#pragma once

#include <string>

#include "core/domain/lifecycle.h"

namespace storage {

inline const std::string kStandingColumns =
    "state, not_found_runs, not_found_run, not_found_answers, not_found_at";

/// Of a row whose columns from `first` on are kStandingColumns.
template <typename Row>
[[nodiscard]] core::TaskStanding standing_of(const Row& row, int first) {
  return {.state = static_cast<core::TaskState>(row.integer(first)),
          .not_found = {.runs = static_cast<int>(row.integer(first + 1)),
                        .last_run = row.integer(first + 2),
                        .answers = static_cast<int>(row.integer(first + 3)),
                        .last_answer = row.time(first + 4)}};
}

}  // namespace storage
