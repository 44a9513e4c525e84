#include "cmd/report/forecast_table.h"

#include <algorithm>
#include <ostream>

#include "cmd/os/terminal.h"

namespace cmd {
void ForecastTable::add(const std::string& name, const PeriodForecast::Part& part,
                        const core::DaysOver& days) {
  const std::string tasks = std::to_string(part.tasks);
  if (part.cost.empty()) {
    rows_.push_back({name, tasks, "-", "-"});
  }
  bool first = true;
  for (const auto& [currency, sum] : part.cost) {
    const auto estimate = core::estimate(sum, days, estimate_places(currency));
    rows_.push_back({first ? name : "", first ? tasks : "", amount_text(sum.so_far, currency),
                     estimate ? amount_text(*estimate, currency) : "-"});
    first = false;
  }
}

ForecastTable::Widths ForecastTable::widths(const Row& titles) const {
  constexpr std::size_t kNameMin = 12;
  Widths widths{};
  std::size_t others = 0;
  for (std::size_t i = 0; i < kColumns; ++i) {
    widths.at(i) = text_columns(titles.at(i));
    for (const Row& row : rows_) {
      widths.at(i) = std::max(widths.at(i), text_columns(row.at(i)));
    }
    others += i == 0 ? 0 : kGap + widths.at(i);
  }
  const std::size_t room = columns_ - std::min(columns_, others);
  widths.front() = std::min(widths.front(), std::max(kNameMin, room));
  return widths;
}

void ForecastTable::print(const std::string& title, std::ostream& out) const {
  const Row titles{title, "TASKS", "SO FAR", "BY THE END"};
  const Widths all = widths(titles);
  print_row(titles, all, out);
  for (const Row& row : rows_) {
    print_row(row, all, out);
  }
}

void ForecastTable::print_row(const Row& row, const Widths& widths, std::ostream& out) {
  out << padded(cut(row.front(), widths.front()), widths.front());
  for (std::size_t i = 1; i < kColumns; ++i) {
    out << std::string(kGap + widths.at(i) - text_columns(row.at(i)), ' ') << row.at(i);
  }
  out << '\n';
}

}  // namespace cmd
