// What became of one task, as `status TASK_ID` tells it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

/// In words. `costs`: what it cost, one part each ("12.6 CNY"); none: not known.
void print_task_story(std::ostream& out, const core::TaskHistory& history,
                      const std::vector<std::string>& costs, core::UtcTime now);
/// Every column of the task, of its answers and of its videos.
void print_task_columns(std::ostream& out, const core::TaskHistory& history);
/// The same as JSON objects of the types `task`, `snapshot` and `video`, with the raw answers.
void print_task_json(std::ostream& out, const core::TaskHistory& history);

}  // namespace cmd
