// A closed billing period, and look-ups among several.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
  /// The mark of the answers that closed periods have taken into account for this period: see
  /// BillingSource::answered_since. Only the back end that wrote it can interpret it.
  std::int64_t checked_to = 0;
  UtcTime closed_at{};
  std::optional<std::string> later_prices{};  ///< the latest book recorded afterwards
  bool repriced = false;                      ///< that book's changes are in no closed period yet
  /// Its link of the chain of closed periods: the statement (core/billing/period_statement.h), and
  /// the SHA-256 that the next period covers. Empty: it was closed before hashes were kept.
  std::string statement{};
  std::string head{};
  std::string signature{};  ///< of the head, any bytes; empty: none
  std::string bundle{};     ///< SHA-256 of the SHA256SUMS of its last bundle; empty: none

  /// The number of its invoice; empty: it was closed without.
  [[nodiscard]] std::string invoice_id() const;
  /// The price book for its adjustments.
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

/// The closed period that contains `time`; null if there is none. Here and below `closed` is sorted
/// by begin.
[[nodiscard]] const ClosedPeriod* closed_period_at(const std::vector<ClosedPeriod>& closed,
                                                   UtcTime time);
/// The closed period of that name ("2026-10"), whatever its zone is; null if there is none.
[[nodiscard]] const ClosedPeriod* closed_period_named(const std::vector<ClosedPeriod>& closed,
                                                      std::string_view name);
/// A closed period that overlaps `period`; null if there is none.
[[nodiscard]] const ClosedPeriod* overlapping_closed_period(const std::vector<ClosedPeriod>& closed,
                                                            const Period& period);
/// Whether closed periods cover every instant of [begin, end).
[[nodiscard]] bool is_closed_throughout(const std::vector<ClosedPeriod>& closed, UtcTime begin,
                                        UtcTime end);
/// Where the adjustments of `closed` belong: the next period of its length and zone that overlaps
/// no closed one.
[[nodiscard]] Period adjusting_period(const ClosedPeriod& closed,
                                      const std::vector<ClosedPeriod>& all);

}  // namespace core
