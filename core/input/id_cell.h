// A task ID in a list's cell, with whatever spreadsheets and other programs added around it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/domain/task.h"

namespace core {

/// Reads the cell at `column` of a row. A wrapping is removed if its content is certain: `="860…"`,
/// `'860…`, quotes around it, digits in groups of three, `.0` at the end. A value that a
/// spreadsheet changed is rejected. `columns`: the number of columns in the header; 0: no header.
/// The text is the reason, for users. Pure; any thread.
[[nodiscard]] std::variant<TaskId, std::string> read_id_cell(
    const std::vector<std::string_view>& fields, std::size_t column, std::size_t columns);

/// Whether the cell has only characters that gateways use in IDs, and at least one digit.
[[nodiscard]] bool is_id_like(std::string_view cell);

/// Whether all digits after the fifteenth, which a spreadsheet loses, are zeros; none if the ID is
/// not a longer number.
[[nodiscard]] std::optional<bool> is_rounded(std::string_view id);

/// Decides from all IDs of a list together whether a spreadsheet rounded them.
class RoundingWatch {
 public:
  /// Returns true once: when so many IDs look rounded, and none does not, that chance is ruled out.
  [[nodiscard]] bool notice(std::string_view id);

 private:
  unsigned rounded_ = 0;
  bool unrounded_ = false;  // there is a long number that is not rounded
};

}  // namespace core
