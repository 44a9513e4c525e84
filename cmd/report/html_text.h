// Parts of an HTML page: escaped foreign text, numbers for readers, bars.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/money.h"

namespace cmd {

/// Escapes text for HTML text and attributes; characters that could mislead a reader are spelled
/// out.
[[nodiscard]] std::string html_escape(std::string_view text);

/// "1 234 567" with narrow no-break spaces.
[[nodiscard]] std::string grouped(std::int64_t number);
/// An exact amount: "1 234.5625".
[[nodiscard]] std::string grouped(const core::Decimal& amount);

/// "42 s", "3 min 20 s", "2 h 05 min".
[[nodiscard]] std::string duration_words(std::int64_t seconds);

/// A bar of a chart: its parts are drawn from the axis outwards, negative ones downwards.
struct Bar {
  std::string name;   ///< below or before it
  std::string title;  ///< its full meaning, shown on hover and read by screen readers
  double first = 0;
  double second = 0;  ///< in another colour, stacked on the first
};

/// Vertical bars, for days, with a line and a number at round values. `label` is for screen
/// readers.
[[nodiscard]] std::string column_chart(const std::vector<Bar>& bars, std::string_view label);

/// A bar in a table cell: `value` in proportion to `largest`.
[[nodiscard]] std::string cell_bar(double value, double largest);

}  // namespace cmd
