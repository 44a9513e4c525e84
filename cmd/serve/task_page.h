// The page of one task.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

struct TaskView {
  std::string usual_account;
  std::vector<std::string> costs;  ///< as task_story takes them
  core::UtcTime now{};
};
/// The content of the page.
[[nodiscard]] std::string task_page(const core::TaskHistory& history, const TaskView& view);
/// The content of the page of an answer; none if it was pruned.
[[nodiscard]] std::optional<std::string> answer_page(const core::RawAnswer& found,
                                                     const std::string& usual_account);

}  // namespace cmd
