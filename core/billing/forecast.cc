#include "core/billing/forecast.h"

#include <algorithm>

namespace core {

DaysOver days_over(const Period& period, UtcTime now, const TimeZone& zone) {
  DaysOver days{.first = zone.day_number(period.begin)};
  days.all = zone.day_number(period.end) - days.first;
  days.over = std::clamp(zone.day_number(now) - days.first, 0, days.all);
  return days;
}

// A correction of a closed part of the period belongs to the day that it corrects.
void PeriodCost::add(const ReportLine& line, std::int64_t times, const DaysOver& days,
                     const TimeZone& zone) {
  const Decimal cost = line.charge.cost.value() * Decimal(times);
  const int day = zone.day_number(line.corrects() ? line.incurred_at : line.task.billed_at);
  so_far += cost;
  if (day < days.first) {
    corrections += cost;
  } else if (day < days.first + days.over) {
    days_over += cost;
  }
}

void PeriodCost::add(const PeriodCost& more) {
  so_far += more.so_far;
  days_over += more.days_over;
  corrections += more.corrections;
}

std::optional<Decimal> estimate(const PeriodCost& cost, const DaysOver& days, int places) {
  if (days.over == 0) {
    return std::nullopt;
  }
  if (days.over == days.all) {
    return cost.so_far;
  }
  const Decimal by_days = (cost.days_over * Decimal(days.all)).divided(Decimal(days.over), places);
  return std::max(cost.so_far, cost.corrections + by_days).rounded(places);
}

}  // namespace core
