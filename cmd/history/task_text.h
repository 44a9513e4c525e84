// What became of one task, as `status TASK_ID` and its page tell it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

struct TaskTopic {
  std::string topic;  ///< one word: "made", "time", "video" …
  std::string text;   ///< printable, without secrets
};

/// "unfinished since 2026-… (5m ago), IN_PROGRESS, 40%": printable.
[[nodiscard]] std::string task_standing(const core::ViewRow& task, core::UtcTime now);
/// "customer acme, shot 4": of a row with a column `labels`; printable.
[[nodiscard]] std::string labels_text(const core::ViewRow& row);
/// What else there is to say of a task; no text is empty. `costs`: what it cost, one part each
/// ("12.6 CNY"); none: not known.
[[nodiscard]] std::vector<TaskTopic> task_story(const core::TaskHistory& history,
                                                const std::vector<std::string>& costs,
                                                core::UtcTime now);
/// All of this for a terminal.
void print_task_story(std::ostream& out, const core::TaskHistory& history,
                      const std::vector<std::string>& costs, core::UtcTime now);
/// Every column of the task, of its answers and of its videos.
void print_task_columns(std::ostream& out, const core::TaskHistory& history);
/// The same as JSON objects of the types `task`, `snapshot` and `video`, with the raw answers.
void print_task_json(std::ostream& out, const core::TaskHistory& history);

}  // namespace cmd
