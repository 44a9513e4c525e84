// A task ID as a cell of a list holds it: with what spreadsheets and other programs put around it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/domain/task.h"

namespace core {

/// Reads the cell at `column` of a row. A wrapping is taken off where it is certain what was in it:
/// `="860…"`, `'860…`, quotes around it, digits in groups of three, a `.0` behind it. What a
/// spreadsheet made another value of is refused. `columns` is how many the header names; 0: there
/// is none. The text is the reason, for people. Pure; any thread.
[[nodiscard]] std::variant<TaskId, std::string> read_id_cell(
    const std::vector<std::string_view>& fields, std::size_t column, std::size_t columns);

/// Whether the cell holds nothing but characters that gateways make IDs of, and a digit.
[[nodiscard]] bool is_id_like(std::string_view cell);

/// Whether zeros alone stand behind the fifteen digits that a spreadsheet keeps of a number; none:
/// it is no longer number.
[[nodiscard]] std::optional<bool> is_rounded(std::string_view id);

/// Whether the IDs of a list were rounded, judged by all of them together.
class RoundingWatch {
 public:
  /// True once: when so many IDs look rounded, and none does not, that it is no chance.
  [[nodiscard]] bool notice(std::string_view id);

 private:
  unsigned rounded_ = 0;
  bool unrounded_ = false;  // a long number that a spreadsheet has not rounded
};

}  // namespace core
