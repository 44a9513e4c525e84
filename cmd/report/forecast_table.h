// The table of `reeltally forecast`, for a person.
#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "cmd/report/period_forecast.h"
#include "core/billing/forecast.h"

namespace cmd {

/// One row for each part and currency. Amounts are rounded to the decimals of their currency.
class ForecastTable {
 public:
  /// `columns`: of the terminal. Names are cut to fit.
  explicit ForecastTable(std::size_t columns) : columns_(columns) {}

  void add(const std::string& name, const PeriodForecast::Part& part, const core::DaysOver& days);
  /// `title`: of the column of names.
  void print(const std::string& title, std::ostream& out) const;

 private:
  static constexpr std::size_t kColumns = 4;
  static constexpr std::size_t kGap = 2;
  using Row = std::array<std::string, kColumns>;
  using Widths = std::array<std::size_t, kColumns>;

  [[nodiscard]] Widths widths(const Row& titles) const;
  static void print_row(const Row& row, const Widths& widths, std::ostream& out);

  std::size_t columns_;
  std::vector<Row> rows_;
};

}  // namespace cmd
