// A closed billing period, and which of several a moment or another period belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/period.h"
#include "core/clock.h"

namespace core {

struct ClosedPeriod {
  std::int64_t key = 0;
  Period period;
  std::string zone;                   ///< name in the tz database
  std::optional<std::string> prices;  ///< the bytes of its price book
  std::int64_t lines = 0;
  std::string sha256;  ///< of its report as CSV with default options, 64 hex digits
  std::uint64_t unfinished = 0;
  std::uint64_t missing = 0;
  int schema_version = 0;
  /// The mark up to which answers about the period stand in closed periods: see
  /// BillingSource::answered_since. Only the back end that gave it can read it.
  std::int64_t checked_to = 0;
  std::optional<std::string> later_prices{};  ///< the bytes of the last book that came afterwards
  bool repriced = false;  ///< what that book changes stands in no closed period yet

  /// The book that its adjustments go by.
  [[nodiscard]] const std::optional<std::string>& ruling_prices() const {
    return later_prices ? later_prices : prices;
  }
  [[nodiscard]] bool contains(UtcTime time) const {
    return period.begin <= time && time < period.end;
  }
  [[nodiscard]] bool overlaps(const Period& other) const {
    return period.begin < other.end && other.begin < period.end;
  }
};

/// The closed period that holds `time`; null: none. `closed` by begin, here and below.
[[nodiscard]] const ClosedPeriod* closed_period_at(const std::vector<ClosedPeriod>& closed,
                                                   UtcTime time);
/// A closed period that shares an instant with `period`; null: none.
[[nodiscard]] const ClosedPeriod* overlapping_closed_period(const std::vector<ClosedPeriod>& closed,
                                                            const Period& period);
/// Whether closed periods hold every instant of [begin, end).
[[nodiscard]] bool is_closed_throughout(const std::vector<ClosedPeriod>& closed, UtcTime begin,
                                        UtcTime end);
/// Where the adjustments of `closed` belong: the next period of its length and zone that overlaps
/// no closed one.
[[nodiscard]] Period adjusting_period(const ClosedPeriod& closed,
                                      const std::vector<ClosedPeriod>& all);

}  // namespace core
