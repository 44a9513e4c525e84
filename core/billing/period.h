// Billing periods: calendar names and ISO 8601 instants in a zone of the tz database.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/domain/time_zone.h"

namespace core {

enum class PeriodLength { day, week, month, year, custom };

/// Half-open: contains an instant if begin <= instant < end.
struct Period {
  std::string name;  ///< "2026-10", or "FROM/TO" as ISO 8601 in the zone
  PeriodLength length = PeriodLength::custom;
  UtcTime begin{};
  UtcTime end{};
};

/// "2026" (year), "2026-10" (month), "2026-W41" (ISO 8601 week, from Monday), "2026-10-05" (day),
/// from local midnight to local midnight. Throws UsageError for anything else.
[[nodiscard]] Period parse_period(std::string_view text, const TimeZone& zone);

/// The next period of the same length; for a custom period, of the same duration.
[[nodiscard]] Period next_period(const Period& period, const TimeZone& zone);

/// `from` and `to` are ISO 8601 dates or times, with an offset or in `zone`. Throws UsageError
/// unless from < to.
[[nodiscard]] Period parse_range(std::string_view from, std::string_view to, const TimeZone& zone);

}  // namespace core
