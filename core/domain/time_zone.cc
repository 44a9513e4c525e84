#include "core/domain/time_zone.h"

#include <date/date.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/domain/zone_rules.h"

namespace core {
namespace {

using LocalTime = std::chrono::local_time<std::chrono::milliseconds>;

constexpr int kYearDigits = 4;
constexpr int kMillisDigits = 3;

void append_number(std::string& out, long long value, int digits) {
  constexpr int kTen = 10;
  std::array<char, std::numeric_limits<long long>::digits10 + 2> text;
  auto at = text.end();
  if (value < 0) {  // a year before year 1
    out += '-';
    value = -value;
  }
  for (long long rest = value; rest > 0 || text.end() - at < digits; rest /= kTen) {
    *--at = static_cast<char>('0' + rest % kTen);
  }
  out.append(at, text.end());
}

void append_date(std::string& out, date::year_month_day ymd) {
  append_number(out, static_cast<int>(ymd.year()), kYearDigits);
  out += '-';
  append_number(out, static_cast<unsigned>(ymd.month()), 2);
  out += '-';
  append_number(out, static_cast<unsigned>(ymd.day()), 2);
}

}  // namespace

TimeZone::TimeZone(std::string_view name) : name_(name), rules_(ZoneRules::load(name)) {}

std::chrono::seconds TimeZone::offset_at(UtcTime time) const {
  if (time < known_begin_ || time >= known_end_) {
    const ZoneRules::Span span = rules_->at(time);
    known_begin_ = span.begin;
    known_end_ = span.end;
    known_offset_ = span.offset;
  }
  return known_offset_;
}

UtcTime TimeZone::instant(LocalTime local) const {
  // No zone is further than this from UTC, so at this distance no clock shows that time yet.
  constexpr std::chrono::hours kOffsetMax{26};
  const UtcTime as_utc(local.time_since_epoch());
  ZoneRules::Span span = rules_->at(as_utc - kOffsetMax);
  while (as_utc - span.offset >= span.end) {
    span = rules_->at(span.end);
  }
  return std::max(as_utc - span.offset, span.begin);
}

std::string TimeZone::day(UtcTime time) const {
  std::string out;
  append_date(out, date::year_month_day(date::sys_days(date::days(day_number(time)))));
  return out;
}

int TimeZone::day_number(UtcTime time) const {
  return date::floor<date::days>(time + offset_at(time)).time_since_epoch().count();
}

void TimeZone::append_text(std::string& out, UtcTime time) const {
  const std::chrono::seconds offset = offset_at(time);
  const UtcTime shifted = time + offset;
  const auto day = date::floor<date::days>(shifted);
  const date::hh_mm_ss clock(shifted - day);
  append_date(out, date::year_month_day(day));
  out += 'T';
  append_number(out, clock.hours().count(), 2);
  out += ':';
  append_number(out, clock.minutes().count(), 2);
  out += ':';
  append_number(out, clock.seconds().count(), 2);
  if (clock.subseconds().count() != 0) {
    out += '.';
    append_number(out, clock.subseconds().count(), kMillisDigits);
  }
  const auto distance = date::floor<std::chrono::minutes>(date::abs(offset));
  out += offset.count() < 0 ? '-' : '+';
  append_number(out, date::floor<std::chrono::hours>(distance).count(), 2);
  out += ':';
  append_number(out, (distance % std::chrono::hours(1)).count(), 2);
}

std::string TimeZone::text(UtcTime time) const {
  std::string out;
  append_text(out, time);
  return out;
}

std::string utc_text(UtcTime time) {
  static const TimeZone kUtc("UTC");
  std::string text = kUtc.text(std::chrono::floor<std::chrono::seconds>(time));
  return text.replace(text.rfind('+'), std::string::npos, "Z");
}

}  // namespace core
