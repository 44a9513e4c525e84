// Billing periods: calendar names and ISO 8601 instants in a zone of the tz database.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace core {

class ZoneRules;

/// A zone of the system's tz database, for all time (core/domain/zone_rules.h). Cheap to copy; not
/// thread-safe, since it remembers the offset of the last instant.
class TimeZone {
 public:
  /// `name` as in the tz database ("Europe/Berlin"), or UTC. Throws UsageError for an unknown one.
  explicit TimeZone(std::string_view name);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// "2026-10-25T02:30:00+02:00"; milliseconds only where there are some. UTC has "+00:00".
  [[nodiscard]] std::string text(UtcTime time) const;
  /// Appends the same.
  void append_text(std::string& out, UtcTime time) const;
  /// "2026-10-25", the day in this zone.
  [[nodiscard]] std::string day(UtcTime time) const;
  /// The same as days since 1970-01-01.
  [[nodiscard]] int day_number(UtcTime time) const;

  /// The instant of a local time. One that the clocks skip is the instant at which they are put
  /// forward; one that they show twice is the first of the two.
  [[nodiscard]] UtcTime instant(std::chrono::local_time<std::chrono::milliseconds> local) const;

 private:
  [[nodiscard]] std::chrono::seconds offset_at(UtcTime time) const;

  std::string name_;
  std::shared_ptr<const ZoneRules> rules_;
  // The last offset that was looked up, and where it holds.
  mutable UtcTime known_begin_{};
  mutable UtcTime known_end_{};
  mutable std::chrono::seconds known_offset_{};
};

enum class PeriodLength { day, week, month, year, custom };

/// Half-open: an instant belongs to it when begin <= instant < end.
struct Period {
  std::string name;  ///< "2026-10", or "FROM/TO" as ISO 8601 in the zone
  PeriodLength length = PeriodLength::custom;
  UtcTime begin{};
  UtcTime end{};
};

/// "2026" (year), "2026-10" (month), "2026-W41" (ISO 8601 week, from Monday), "2026-10-05" (day),
/// from local midnight to local midnight. Throws UsageError for anything else.
[[nodiscard]] Period parse_period(std::string_view text, const TimeZone& zone);

/// The period of the same length that follows; a custom one is followed by one of equal duration.
[[nodiscard]] Period next_period(const Period& period, const TimeZone& zone);

/// `from` and `to` are ISO 8601 dates or times, with an offset or in `zone`. Throws UsageError
/// unless from < to.
[[nodiscard]] Period parse_range(std::string_view from, std::string_view to, const TimeZone& zone);

}  // namespace core
