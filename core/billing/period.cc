#include "core/billing/period.h"

#include <date/date.h>
#include <date/iso_week.h>

#include <iomanip>
#include <optional>
#include <sstream>

#include "core/error.h"

namespace core {
namespace {

using LocalTime = std::chrono::local_time<std::chrono::milliseconds>;
using LocalDays = date::local_days;

constexpr int kYearDigits = 4;
constexpr int kMillisDigits = 3;
constexpr int kDaysPerWeek = 7;

LocalTime local_time(LocalDays day) { return LocalTime(day.time_since_epoch()); }

// Reads a text from left to right; each step returns whether it matched.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool digits(int count, int& value) {
    if (rest_.size() < static_cast<std::size_t>(count)) {
      return false;
    }
    value = 0;
    for (const char one : rest_.substr(0, static_cast<std::size_t>(count))) {
      if (one < '0' || one > '9') {
        return false;
      }
      value = value * 10 + (one - '0');  // NOLINT(readability-magic-numbers): decimal
    }
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }
  bool literal(char one) {
    if (rest_.empty() || rest_.front() != one) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<LocalDays> scan_date(Scanner& scan) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!scan.digits(kYearDigits, year) || !scan.literal('-') || !scan.digits(2, month) ||
      !scan.literal('-') || !scan.digits(2, day)) {
    return std::nullopt;
  }
  const date::year_month_day ymd{date::year(year), date::month(static_cast<unsigned>(month)),
                                 date::day(static_cast<unsigned>(day))};
  if (!ymd.ok()) {
    return std::nullopt;
  }
  return LocalDays(ymd);
}

// "THH:MM", "THH:MM:SS" or "THH:MM:SS.mmm".
std::optional<std::chrono::milliseconds> scan_clock(Scanner& scan) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int milli = 0;
  if (!scan.digits(2, hour) || !scan.literal(':') || !scan.digits(2, minute)) {
    return std::nullopt;
  }
  if (scan.literal(':') && !scan.digits(2, second)) {
    return std::nullopt;
  }
  if (scan.literal('.') && !scan.digits(kMillisDigits, milli)) {
    return std::nullopt;
  }
  constexpr int kHours = 24;
  constexpr int kSixty = 60;
  if (hour >= kHours || minute >= kSixty || second >= kSixty) {
    return std::nullopt;
  }
  return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::milliseconds(milli);
}

// "+02:00", "+0200" or "+02", up to the end of the text.
std::optional<std::chrono::minutes> scan_offset(Scanner& scan) {
  constexpr int kHoursMax = 14;  // Kiribati
  constexpr int kSixty = 60;
  const bool east = scan.literal('+');
  int hours = 0;
  int minutes = 0;
  if ((!east && !scan.literal('-')) || !scan.digits(2, hours)) {
    return std::nullopt;
  }
  const bool has_minutes = scan.literal(':') || !scan.done();
  if ((has_minutes && !scan.digits(2, minutes)) || !scan.done() || hours > kHoursMax ||
      minutes >= kSixty) {
    return std::nullopt;
  }
  const auto offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return east ? offset : -offset;
}

UtcTime parse_instant(std::string_view text, const TimeZone& zone) {
  const auto fail = [&text]() {
    return UsageError("'" + std::string(text) +
                      "' is not an ISO 8601 time; write 2026-10-05, 2026-10-05T12:00 or "
                      "2026-10-05T12:00:00+02:00");
  };
  Scanner scan(text);
  const auto day = scan_date(scan);
  if (!day) {
    throw fail();
  }
  LocalTime local = local_time(*day);
  if (scan.literal('T') || scan.literal(' ')) {
    const auto clock = scan_clock(scan);
    if (!clock) {
      throw fail();
    }
    local += *clock;
  }
  if (scan.done()) {
    return zone.instant(local);
  }
  if (scan.literal('Z') && scan.done()) {
    return UtcTime(local.time_since_epoch());
  }
  const auto offset = scan_offset(scan);
  if (!offset) {
    throw fail();
  }
  return UtcTime(local.time_since_epoch() - *offset);
}

struct LocalPeriod {
  PeriodLength length;
  LocalDays begin;
  LocalDays end;
};

std::optional<LocalPeriod> scan_week(Scanner& scan, int year) {
  int number = 0;
  if (!scan.digits(2, number) || !scan.done()) {
    return std::nullopt;
  }
  const iso_week::year_weeknum_weekday monday{
      iso_week::year(year), iso_week::weeknum(static_cast<unsigned>(number)), iso_week::mon};
  if (!monday.ok()) {  // also for week 53 of a year with 52
    return std::nullopt;
  }
  const LocalDays begin{date::sys_days(monday).time_since_epoch()};
  return LocalPeriod{PeriodLength::week, begin, begin + date::days(kDaysPerWeek)};
}

std::optional<LocalPeriod> scan_period(std::string_view text) {
  Scanner scan(text);
  int number = 0;
  if (!scan.digits(kYearDigits, number) || number == 0) {
    return std::nullopt;
  }
  const date::year year(number);
  if (scan.done()) {
    return LocalPeriod{PeriodLength::year, LocalDays(year / date::January / 1),
                       LocalDays((year + date::years(1)) / date::January / 1)};
  }
  if (!scan.literal('-')) {
    return std::nullopt;
  }
  if (scan.literal('W')) {
    return scan_week(scan, static_cast<int>(year));
  }
  int month_number = 0;
  if (!scan.digits(2, month_number)) {
    return std::nullopt;
  }
  const date::year_month month = year / date::month(static_cast<unsigned>(month_number));
  if (!month.ok()) {
    return std::nullopt;
  }
  if (scan.done()) {
    return LocalPeriod{PeriodLength::month, LocalDays(month / 1),
                       LocalDays((month + date::months(1)) / 1)};
  }
  int day = 0;
  if (!scan.literal('-') || !scan.digits(2, day) || !scan.done()) {
    return std::nullopt;
  }
  const date::year_month_day ymd = month / date::day(static_cast<unsigned>(day));
  if (!ymd.ok()) {
    return std::nullopt;
  }
  return LocalPeriod{PeriodLength::day, LocalDays(ymd), LocalDays(ymd) + date::days(1)};
}

Period custom_period(UtcTime begin, UtcTime end, const TimeZone& zone) {
  return {zone.text(begin) + "/" + zone.text(end), PeriodLength::custom, begin, end};
}

std::string week_name(LocalDays monday) {
  const iso_week::year_weeknum_weekday week{date::sys_days(monday.time_since_epoch())};
  std::ostringstream name;
  name << std::setfill('0') << std::setw(kYearDigits) << static_cast<int>(week.year()) << "-W"
       << std::setw(2) << static_cast<unsigned>(week.weeknum());
  return name.str();
}

}  // namespace

Period parse_period(std::string_view text, const TimeZone& zone) {
  const auto found = scan_period(text);
  if (!found) {
    throw UsageError("'" + std::string(text) +
                     "' is not a period; write 2026, 2026-10, 2026-W41 or 2026-10-05");
  }
  return {std::string(text), found->length, zone.instant(local_time(found->begin)),
          zone.instant(local_time(found->end))};
}

Period next_period(const Period& period, const TimeZone& zone) {
  if (period.length == PeriodLength::custom) {
    return custom_period(period.end, period.end + (period.end - period.begin), zone);
  }
  // A day also begins where its midnight is skipped: the local day of `end` is the right one.
  const std::string first_day = zone.day(period.end);
  switch (period.length) {
    case PeriodLength::day:
    case PeriodLength::custom:
      return parse_period(first_day, zone);
    case PeriodLength::week: {
      Scanner scan(first_day);
      return parse_period(week_name(scan_date(scan).value()), zone);
    }
    case PeriodLength::month:
      return parse_period(first_day.substr(0, first_day.rfind('-')), zone);
    case PeriodLength::year:
      return parse_period(first_day.substr(0, first_day.find('-')), zone);
  }
  return {};
}

Period parse_range(std::string_view from, std::string_view to, const TimeZone& zone) {
  const UtcTime begin = parse_instant(from, zone);
  const UtcTime end = parse_instant(to, zone);
  if (begin >= end) {
    throw UsageError("the period ends at " + std::string(to) + ", not after its begin " +
                     std::string(from) + "; --to itself is not part of it");
  }
  return custom_period(begin, end, zone);
}

}  // namespace core
