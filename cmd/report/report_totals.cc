#include "cmd/report/report_totals.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "cmd/cli/units.h"
#include "core/text/printable.h"

namespace cmd {

void ReportTotals::Part::add(const core::ReportLine& line, std::int64_t times) {
  lines += times;
  if (line.charge.kind == core::LineKind::main) {
    tasks += line.reversal ? -times : times;
  }
  unpriced += line.lacking_costs() * times;
  if (line.charge.cost && !line.charge.currency.empty()) {
    cost[line.charge.currency] += *line.charge.cost * core::Decimal(times);
  }
  if (line.conversion != nullptr && line.conversion->cost) {
    billed[line.conversion->currency] += *line.conversion->cost * core::Decimal(times);
  }
  unconverted += line.lacking_conversions() * times;
  if (line.resale != nullptr) {
    add_resale(*line.resale, core::Decimal(times));
    unsold += line.lacking_resales() * times;
  }
}

void ReportTotals::Part::add_resale(const core::Resale& sold, const core::Decimal& times) {
  if (!sold.currency.empty() && sold.amount) {
    resale[sold.currency] += *sold.amount * times;
  }
  if (!sold.currency.empty() && sold.margin) {
    margin[sold.currency] += *sold.margin * times;
  }
}

void ReportTotals::add(const core::ReportLine& line, std::int64_t times) {
  all.add(line, times);
  if (line.corrects()) {
    adjustments.add(line, times);
  }
  if (line.lacking_costs() != 0) {
    const auto model = unpriced_by_model.try_emplace(line.task.facts.model).first;
    model->second += line.lacking_costs() * times;
    if (model->second == 0) {
      unpriced_by_model.erase(model);
    }
  }
  if (line.charge.kind == core::LineKind::main) {
    const std::int64_t tasks = line.reversal ? -times : times;
    not_refunded += core::is_not_shown_as_refunded(line.task) ? tasks : 0;
    charged_elsewhere += core::is_charged_elsewhere(line.charge) ? tasks : 0;
  }
}

std::string unpriced_text(const ReportTotals& totals) {
  constexpr std::ptrdiff_t kModelsMax = 5;
  constexpr std::size_t kShownMax = 60;
  std::vector<std::pair<std::string, std::int64_t>> models(totals.unpriced_by_model.begin(),
                                                           totals.unpriced_by_model.end());
  std::stable_sort(models.begin(), models.end(),
                   [](const auto& one, const auto& other) { return one.second > other.second; });
  const auto shown = std::min(kModelsMax, std::ssize(models));
  std::string text;
  for (std::ptrdiff_t i = 0; i < shown; ++i) {
    const auto& [model, lines] = models[static_cast<std::size_t>(i)];
    text += (text.empty() ? "" : ", ") +
            (model.empty() ? "no model" : core::printable(model, kShownMax)) + ": " +
            std::to_string(lines);
  }
  if (std::ssize(models) > shown) {
    text += ", and " +
            format_count(static_cast<std::uint64_t>(std::ssize(models) - shown), "model") + " more";
  }
  return format_count(static_cast<std::uint64_t>(totals.all.unpriced), "line") + " (" + text + ")";
}

}  // namespace cmd
