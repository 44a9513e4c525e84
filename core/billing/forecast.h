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

/// The cost of some lines of a period, in one currency.
struct PeriodCost {
  Decimal so_far;       ///< of all
  Decimal days_over;    ///< of those of the days that are over
  Decimal corrections;  ///< of those that correct closed periods before this one

  /// Adds `times` such lines. The line has a cost. Throws Error if a sum overflows.
  void add(const ReportLine& line, std::int64_t times, const DaysOver& days, const TimeZone& zone);
  void add(const PeriodCost& more);
};

/// The cost of the days that are over, divided by their number, for each day of the period, and the
/// corrections once; rounded to `places`, half to even. Never less than `so_far`, and exactly that
/// when all days are over. None if no day is over.
[[nodiscard]] std::optional<Decimal> estimate(const PeriodCost& cost, const DaysOver& days,
                                              int places);

}  // namespace core
