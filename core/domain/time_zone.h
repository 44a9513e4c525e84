// A time zone: converts instants to local time and back.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace core {

/// Of the text of a day: "2026-10".
inline constexpr std::size_t kMonthLength = 7;

class ZoneRules;

/// A zone of the system's tz database, for all time (core/domain/zone_rules.h). Cheap to copy; not
/// thread-safe, because it caches the last offset.
class TimeZone {
 public:
  /// `name` as in the tz database ("Europe/Berlin"), or UTC. Throws UsageError for an unknown one.
  explicit TimeZone(std::string_view name);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// "2026-10-25T02:30:00+02:00"; milliseconds only if they are not 0. UTC has "+00:00".
  [[nodiscard]] std::string text(UtcTime time) const;
  /// Appends `text(time)`.
  void append_text(std::string& out, UtcTime time) const;
  /// "2026-10-25", the day in this zone.
  [[nodiscard]] std::string day(UtcTime time) const;
  /// The same day as days since 1970-01-01.
  [[nodiscard]] int day_number(UtcTime time) const;

  /// The instant of a local time. If the clocks skip it, the instant at which they are put forward;
  /// if they show it twice, the first one.
  [[nodiscard]] UtcTime instant(std::chrono::local_time<std::chrono::milliseconds> local) const;

 private:
  [[nodiscard]] std::chrono::seconds offset_at(UtcTime time) const;

  std::string name_;
  std::shared_ptr<const ZoneRules> rules_;
  // The cached offset, and the span in which it holds.
  mutable UtcTime known_begin_{};
  mutable UtcTime known_end_{};
  mutable std::chrono::seconds known_offset_{};
};

/// "2026-05-31T22:00:00Z": whole seconds.
[[nodiscard]] std::string utc_text(UtcTime time);

}  // namespace core
