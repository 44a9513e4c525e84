// Pieces of HTML: text from outside made harmless, numbers for people, bars.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/money.h"

namespace cmd {

/// Escaped for text and attributes; what could mislead a reader is spelled out.
[[nodiscard]] std::string html_escape(std::string_view text);

/// "1 234 567" with narrow no-break spaces.
[[nodiscard]] std::string grouped(std::int64_t number);
/// The same of an amount, exact: "1 234.5625".
[[nodiscard]] std::string grouped(const core::Decimal& amount);

/// "42 s", "3 min 20 s", "2 h 05 min".
[[nodiscard]] std::string duration_words(std::int64_t seconds);

/// A bar of a chart: parts are drawn from the axis outwards, negative ones downwards.
struct Bar {
  std::string name;   ///< below or before it
  std::string title;  ///< all that it stands for, shown on hover and read aloud
  double first = 0;
  double second = 0;  ///< in another colour, beyond the first
};

/// Upright bars, for days. `label` is read aloud.
[[nodiscard]] std::string column_chart(const std::vector<Bar>& bars, std::string_view label);

/// A bar for a table cell, `value` of `largest`.
[[nodiscard]] std::string cell_bar(double value, double largest);

}  // namespace cmd
