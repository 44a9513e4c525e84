#include "storage/postgres/view_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "storage/statements/dialect.h"

namespace storage {

std::string as_sqlite_writes(const std::string& number) {
  std::int64_t whole = 0;
  const char* end = number.data() + number.size();
  const auto parsed = std::from_chars(number.data(), end, whole);
  if (parsed.ec == std::errc() && parsed.ptr == end) {
    return number;
  }
  constexpr std::size_t kLongest = 32;
  std::array<char, kLongest> digits{};
  std::snprintf(digits.data(), digits.size(), "%.15g", std::strtod(number.c_str(), nullptr));
  std::string text(digits.data());
  if (text.find('.') == std::string::npos) {
    text.insert(std::min(text.find('e'), text.size()), ".0");
  }
  return text;
}

std::vector<core::ViewRow> view_rows(Connection& connection, std::string_view text,
                                     const Parameters& parameters) {
  std::vector<core::ViewRow> all;
  Rows rows = connection.query(in_dialect(text, Dialect::postgres), parameters,
                               {.format = Connection::Format::text});
  while (rows.step()) {
    core::ViewRow& row = all.emplace_back();
    for (int column = 0; column < rows.columns(); ++column) {
      std::optional<std::string> value;
      if (!rows.is_null(column)) {
        value = rows.text(column);
        value = rows.is_numeric(column) ? as_sqlite_writes(*value) : std::move(*value);
      }
      row.emplace_back(rows.name(column), std::move(value));
    }
  }
  return all;
}

}  // namespace storage
