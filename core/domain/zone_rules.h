// The UTC offsets of a time zone for all time, from a file of the tz database (RFC 8536).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace core {

/// The rule at the end of a TZif file, which holds after its last transition: a POSIX TZ string
/// ("CET-1CEST,M3.5.0,M10.5.0/3"), with hours from -167 to 167 as RFC 8536 allows.
class PosixRule {
 public:
  /// None if the text is not such a rule.
  static std::optional<PosixRule> parse(std::string_view text);

  struct Change {
    std::int64_t at = 0;  ///< seconds since 1970 in UTC
    std::int64_t offset = 0;
  };
  [[nodiscard]] bool changes() const { return changes_; }
  [[nodiscard]] std::int64_t standard_offset() const { return standard_; }
  /// The two changes of a year, in time order. Only for a rule with changes.
  [[nodiscard]] std::pair<Change, Change> changes_of(int year) const;

 private:
  struct Date {
    enum class Kind { month_week_day, julian, day_of_year };
    Kind kind = Kind::month_week_day;
    int month = 0;
    int week = 0;              ///< 5: the last one of the month
    int day = 0;               ///< of the week (Sunday is 0), or of the year
    std::int64_t seconds = 0;  ///< after midnight, by the clock before the change
  };
  class Reader;
  static std::int64_t midnight(const Date& date, int year);

  std::int64_t standard_ = 0;  // seconds east of UTC, as all offsets here
  std::int64_t daylight_ = 0;
  bool changes_ = false;
  Date daylight_begins_;
  Date daylight_ends_;
};

/// Immutable; any thread.
class ZoneRules {
 public:
  /// Reads the system's tz database; UTC needs none. Throws UsageError for an unknown name.
  [[nodiscard]] static std::shared_ptr<const ZoneRules> load(std::string_view name);
  /// Reads the bytes of a TZif file. Throws Error for anything else.
  [[nodiscard]] static ZoneRules parse(std::string_view bytes);

  struct Span {
    UtcTime begin{};
    UtcTime end{};  ///< the first instant after it
    std::chrono::seconds offset{};
  };
  /// The time span with one offset that contains an instant.
  [[nodiscard]] Span at(UtcTime time) const;

 private:
  [[nodiscard]] Span by_rule(std::int64_t second) const;

  std::vector<std::int64_t> changes_;  // seconds since 1970, ascending
  std::vector<std::int64_t> offsets_;  // before the first change, then after each one
  std::optional<PosixRule> rule_;      // after the last change
};

}  // namespace core
