#include "core/input/column_name.h"

#include <algorithm>
#include <iterator>

#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {

std::string column_name(std::string_view cell) {
  constexpr char32_t kFullWidthFirst = 0xFF01;  // full-width `!`; the others follow in ASCII order
  constexpr char32_t kFullWidthLast = 0xFF5E;
  cell = trim_unseen(cell);
  std::string name;
  for (std::size_t at = 0; at < cell.size();) {
    const Utf8Character one = utf8_character(cell, at);
    char32_t code = one.valid ? one.code : kReplacement;
    at += one.bytes;
    if (code >= kFullWidthFirst && code <= kFullWidthLast) {
      code -= kFullWidthFirst - '!';
    }
    if (is_blank(code) || code == '\n' || code == '\r') {
      name += name.empty() || name.ends_with(' ') ? "" : " ";
    } else {
      append_utf8(name, code);
    }
  }
  while (name.ends_with(' ')) {
    name.pop_back();
  }
  return lower_ascii(name);
}

std::vector<std::string> column_names(const std::vector<std::string>& cells) {
  std::vector<std::string> names;
  std::transform(cells.begin(), cells.end(), std::back_inserter(names), column_name);
  return names;
}

}  // namespace core
