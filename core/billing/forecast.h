// What an open period will cost by its end, estimated from its days so far.
#pragma once

#include <cstdint>
#include <optional>

#include "core/billing/billing.h"
#include "core/billing/period.h"
#include "core/clock.h"
#include "core/domain/money.h"
#include "core/domain/time_zone.h"

namespace core {

/// The calendar days of a period, and how many of them are over.
struct DaysOver {
  int over = 0;
  int all = 0;
  int first = 0;  ///< day number of the period's first day (TimeZone::day_number)
};

/// `period`: whole days of `zone`. None are over before it, all are after it.
[[nodiscard]] DaysOver days_over(const Period& period, UtcTime now, const TimeZone& zone);

/// What the days that are over cost, divided by their number, for each day of the period, rounded
/// to `places` half to even. At least one day is over.
[[nodiscard]] Decimal for_all_days(const Decimal& days_over, const DaysOver& days, int places);

/// The cost of some lines of the period, in one currency.
class ForecastSum {
 public:
  /// Adds `times` such lines. The line has a cost. Throws Error if a sum overflows.
  void add(const ReportLine& line, std::int64_t times, const DaysOver& days, const TimeZone& zone);
  void add(const ForecastSum& more);

  /// All lines.
  [[nodiscard]] const Decimal& so_far() const { return so_far_; }
  /// The cost of the days that are over for all days, and what corrects closed periods, which comes
  /// once. Never less than `so_far`, and exactly that when all days are over. None if no day is.
  [[nodiscard]] std::optional<Decimal> estimate(const DaysOver& days, int places) const;

 private:
  Decimal so_far_;
  Decimal days_over_;
  Decimal corrections_;
};

}  // namespace core
