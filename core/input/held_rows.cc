#include "core/input/held_rows.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "core/input/column_name.h"
#include "core/input/id_cell.h"
#include "core/text/utf8.h"

namespace core {
namespace {

// Whether the text looks like a column name.
bool is_word(std::string_view text) {
  constexpr std::size_t kNameBytesMax = 48;
  return !text.empty() && text.size() <= kNameBytesMax && !has_digit(text);
}

bool is_long_id(std::string_view cell) {
  constexpr std::size_t kIdBytesMin = 6;
  return cell.size() >= kIdBytesMin && is_id_like(cell);
}

}  // namespace

bool HeldRows::hold() {
  if (!reader_.next(row_)) {
    return false;
  }
  held_.push_back(
      {.kind = row_.kind, .line = row_.line, .fields = {row_.fields.begin(), row_.fields.end()}});
  return true;
}

bool HeldRows::take() {
  if (held_.empty()) {
    return reader_.next(row_);
  }
  current_ = std::move(held_.front());
  held_.pop_front();
  row_.kind = current_.kind;
  row_.line = current_.line;
  row_.fields.assign(current_.fields.begin(), current_.fields.end());
  return true;
}

bool look_like_ids(const std::vector<std::string>& cells) {
  constexpr std::size_t kBeginBytes = 3;
  const std::string_view first = trim_unseen(cells.front());
  const bool number = first.find_first_not_of("0123456789") == std::string_view::npos;
  return cells.size() > 1 && std::all_of(cells.begin(), cells.end(), [&](const std::string& cell) {
           const std::string_view one = trim_unseen(cell);
           const std::size_t difference =
               std::max(one.size(), first.size()) - std::min(one.size(), first.size());
           return is_long_id(one) && difference <= 2 &&
                  (number ? difference == 0 : one.starts_with(first.substr(0, kBeginBytes)));
         });
}

bool looks_like_header(HeldRows& rows, std::size_t id_column) {
  constexpr std::size_t kRowsBelow = 8;
  const std::deque<HeldRows::Row>& held = rows.held();
  const std::vector<std::string> names = held.front().fields;
  const auto cell_of = [](const HeldRows::Row& row, std::size_t column) {
    return column < row.fields.size() ? trim_unseen(row.fields[column]) : std::string_view();
  };
  if (names.size() < 2 || !is_word(cell_of(held.front(), id_column))) {
    return false;
  }
  while (held.size() <= kRowsBelow && rows.hold()) {
  }
  const auto count = [&held, &cell_of](std::size_t column, const auto& is_kind) {
    return std::count_if(held.begin() + 1, held.end(),
                         [&](const HeldRows::Row& row) { return is_kind(cell_of(row, column)); });
  };
  const auto below = static_cast<std::ptrdiff_t>(held.size()) - 1;
  const std::ptrdiff_t empty = count(id_column, std::mem_fn(&std::string_view::empty));
  const std::ptrdiff_t with_digits = count(id_column, has_digit);
  if (with_digits > 0 || below == empty) {
    return with_digits > 0 && with_digits + empty == below;
  }
  if (!std::all_of(names.begin(), names.end(), [](const std::string& name) {
        return trim_unseen(name).empty() || is_word(trim_unseen(name));
      })) {
    return false;
  }
  for (std::size_t column = 0; column < names.size(); ++column) {
    if (count(column, is_long_id) == below && is_word(trim_unseen(names[column]))) {
      return true;
    }
  }
  return false;
}

}  // namespace core
