// The names of a list's columns, however they are written.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The names of the ID's column, in the form of `column_name`; of several, the first counts.
constexpr std::array<std::string_view, 8> kIdColumnNames = {
    "task_id", "taskid", "task id", "task-id", "任务id", "任务 id", "任务编号", "id"};

/// A name as it is compared: ASCII in lower case, also where it is of full width; blanks of every
/// kind, line ends included, as one; nothing unseen around it.
[[nodiscard]] std::string column_name(std::string_view cell);

/// Whether there is an ASCII digit, as in most IDs and few names.
[[nodiscard]] inline bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

/// `column_name` of each.
[[nodiscard]] std::vector<std::string> column_names(const std::vector<std::string>& cells);

}  // namespace core
