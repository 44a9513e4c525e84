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

/// A bar of a chart.
struct Bar {
  std::string name;           ///< below or before it
  std::string title;          ///< its full meaning, shown on hover and read by screen readers
  std::vector<double> parts;  ///< stacked from the axis outwards, negative ones downwards
};

/// Lines over a part, for those who cannot tell its colour from another one.
enum class Texture { none, rising, upright, level, falling, crossed };

struct PartStyle {
  std::string name;  ///< the class that gives the colour
  Texture texture = Texture::none;
};

struct Chart {
  std::string label;                                 ///< for screen readers
  std::string unit;                                  ///< of the numbers beside the axis
  std::vector<PartStyle> styles{{"good"}, {"bad"}};  ///< of the parts of each bar
};

/// Vertical bars, for days, with a line and a number at round values.
[[nodiscard]] std::string column_chart(const std::vector<Bar>& bars, const Chart& chart);

/// A bar in a table cell: `value` in proportion to `largest`.
[[nodiscard]] std::string cell_bar(double value, double largest);

/// An entry of the key below a chart: a part, what it means, and its value. Escaped.
[[nodiscard]] std::string key_entry(const PartStyle& part, const std::string& name,
                                    const std::string& value);

/// The beginning of a table that scrolls by itself where it is too wide; its end is kTableEnd.
/// Escaped.
[[nodiscard]] std::string table_begin(const std::string& label, const std::string& id);
inline constexpr const char* kTableEnd = "</table></div>\n";

}  // namespace cmd
