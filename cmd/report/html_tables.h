// Tables of the HTML report, and the texts of their cells.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cmd/report/report_figures.h"
#include "core/domain/money.h"

namespace cmd {

inline constexpr std::size_t kRowsMax = 12;  ///< of a table; one more row sums up the rest
inline constexpr int kCents = 2;             ///< digits of sums, rounded for readers

/// Leaves the first rows, and one more, "N others", that sums up all behind them.
template <typename Value>
void sum_up_rest(std::vector<std::pair<std::string, Value>>& rows) {
  if (rows.size() <= kRowsMax + 1) {
    return;
  }
  std::pair<std::string, Value> rest{std::to_string(rows.size() - kRowsMax) + " others", {}};
  for (std::size_t i = kRowsMax; i < rows.size(); ++i) {
    rest.second.add(rows[i].second);
  }
  rows.resize(kRowsMax);
  rows.push_back(std::move(rest));
}

/// Rounded, with at least two digits after the point.
[[nodiscard]] std::string rounded_text(const core::Decimal& amount, int places = kCents);
/// The sum in that currency; a dash: there is none.
[[nodiscard]] std::string cost_text(const Figures& figures, const std::string& currency);
/// The same for lengths in a drawing only.
[[nodiscard]] double cost_length(const Figures& figures, const std::string& currency);
[[nodiscard]] double length_of(const core::Decimal& amount);

/// The columns of tables after videos and failures.
struct TableColumns {
  std::vector<std::string> money;  ///< currencies
  bool unpriced = false;           ///< some line has no cost
};
[[nodiscard]] TableColumns columns_of(const Figures& all);

[[nodiscard]] std::string header_row(const std::string& first, const TableColumns& columns,
                                     bool bar = false);
[[nodiscard]] std::string table_row(const std::string& name, const Figures& figures,
                                    const TableColumns& columns);
/// The groups with the highest costs, with a bar each, and a row for all others.
[[nodiscard]] std::string group_table(const std::string& first,
                                      const std::map<std::string, Figures>& groups,
                                      const TableColumns& columns, const std::string& id);

/// A cell for a name; an empty one is "none".
[[nodiscard]] std::string name_cell(const std::string& name);
/// A cell for a number as text.
[[nodiscard]] std::string number_cell(std::string_view text);
/// An amount, rounded, with the exact one as its title.
[[nodiscard]] std::string amount_cell(const core::Decimal& amount);
/// A header row: the first `texts` columns are text, the others numbers. Escaped.
[[nodiscard]] std::string title_row(const std::vector<std::string>& titles, std::size_t texts = 1);

/// A part of the page that is not broken across printed pages. `note` stands beside the title.
/// Escaped.
[[nodiscard]] std::string section(const std::string& title, const std::string& note,
                                  const std::string& body);

}  // namespace cmd
