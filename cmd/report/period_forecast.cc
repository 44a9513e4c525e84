#include "cmd/report/period_forecast.h"

#include "core/billing/currencies.h"

namespace cmd {

void PeriodForecast::Part::add(const core::ReportLine& line, std::int64_t times,
                               const core::DaysOver& days, const core::TimeZone& zone) {
  if (line.charge.kind == core::LineKind::main) {
    tasks += line.reversal ? -times : times;
  }
  unpriced += line.lacking_costs() * times;
  if (line.charge.cost && !line.charge.currency.empty()) {  // a failure has none
    cost[line.charge.currency].add(line, times, days, zone);
  }
}

void PeriodForecast::Part::add(const Part& more) {
  tasks += more.tasks;
  unpriced += more.unpriced;
  for (const auto& [currency, sum] : more.cost) {
    cost[currency].add(sum);
  }
}

PeriodForecast::Part PeriodForecast::total() const {
  Part total;
  for (const auto& [keys, part] : parts) {
    total.add(part);
  }
  return total;
}

core::DaysOver days_heard_of(const ReportPlan& plan, core::Reports& reports) {
  const core::UtcTime newest = reports.source().newest_answer().value_or(plan.period.begin);
  return core::days_over(plan.period, newest, plan.zone);
}

PeriodForecast forecast_period(const ReportPlan& plan, core::Reports& reports) {
  PeriodForecast forecast{.days = days_heard_of(plan, reports), .parts = {}};
  core::ReportQuery query = plan.query;
  query.labels = has_label_key(plan.keys);
  reports.sum_lines(query, plan.pricing(), plan.zone,
                    [&](const core::ReportLine& line, std::int64_t times) {
                      forecast.parts[group_values(plan.keys, plan.zone, line.task)].add(
                          line, times, forecast.days, plan.zone);
                    });
  return forecast;
}

int estimate_places(const std::string& currency) {
  constexpr int kUsual = 2;
  return core::currency_decimals(currency).value_or(kUsual);
}

std::string amount_text(const core::Decimal& exact, const std::string& currency) {
  const int places = estimate_places(currency);
  const core::Decimal amount = exact.rounded(places);
  std::string text = amount.text();
  if (places > amount.places()) {
    text += amount.places() == 0 ? "." : "";
    text.append(static_cast<std::size_t>(places - amount.places()), '0');
  }
  return text + " " + currency;
}

}  // namespace cmd
