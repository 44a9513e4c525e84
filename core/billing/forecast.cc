#include "core/billing/forecast.h"

#include <algorithm>

namespace core {

DaysOver days_over(const Period& period, UtcTime now, const TimeZone& zone) {
  DaysOver days{.first = zone.day_number(period.begin)};
  days.all = zone.day_number(period.end) - days.first;
  days.over = std::clamp(zone.day_number(now) - days.first, 0, days.all);
  return days;
}

Decimal for_all_days(const Decimal& days_over, const DaysOver& days, int places) {
  return (days_over * Decimal(days.all)).divided(Decimal(days.over), places);
}

void ForecastSum::add(const ReportLine& line, std::int64_t times, const DaysOver& days,
                      const TimeZone& zone) {
  const Decimal cost = line.charge.cost.value() * Decimal(times);
  so_far_ += cost;
  if (line.corrects()) {
    corrections_ += cost;
  } else if (zone.day_number(line.task.billed_at) < days.first + days.over) {
    days_over_ += cost;
  }
}

void ForecastSum::add(const ForecastSum& more) {
  so_far_ += more.so_far_;
  days_over_ += more.days_over_;
  corrections_ += more.corrections_;
}

std::optional<Decimal> ForecastSum::estimate(const DaysOver& days, int places) const {
  if (days.over == 0) {
    return std::nullopt;
  }
  if (days.over == days.all) {
    return so_far_;
  }
  return std::max(so_far_, corrections_ + for_all_days(days_over_, days, places));
}

}  // namespace core
