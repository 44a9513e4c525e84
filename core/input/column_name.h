// The names of a list's columns in a form that can be compared.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// Names of the ID's column, in the form of `column_name`; if a list has several, the first one
/// counts.
constexpr std::array<std::string_view, 8> kIdColumnNames = {
    "task_id", "taskid", "task id", "task-id", "任务id", "任务 id", "任务编号", "id"};

/// A name in comparable form: ASCII in lower case, full-width characters as ASCII; each sequence of
/// blanks and line ends as one blank; no blanks or invisible characters around it.
[[nodiscard]] std::string column_name(std::string_view cell);

/// Whether the text has an ASCII digit, as most IDs and few names have.
[[nodiscard]] inline bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

/// Applies `column_name` to each cell.
[[nodiscard]] std::vector<std::string> column_names(const std::vector<std::string>& cells);

}  // namespace core
