#include "core/billing/price_bounds.h"

#include <charconv>
#include <string_view>

namespace core {
namespace {

// Of a text such as 2026-10-05, which the book has validated.
std::chrono::sys_days day_of(std::string_view text) {
  constexpr std::size_t kMonthAt = 5;
  constexpr std::size_t kDayAt = 8;
  const auto number = [text](std::size_t begin, std::size_t length) {
    int value = 0;
    const char* first = text.data() + begin;
    std::from_chars(first, first + length, value);
    return value;
  };
  return std::chrono::year(number(0, kMonthAt - 1)) /
         std::chrono::month(static_cast<unsigned>(number(kMonthAt, 2))) /
         std::chrono::day(static_cast<unsigned>(number(kDayAt, 2)));
}

}  // namespace

DaySpan days_of(const Price& row) {
  DaySpan days;
  days.first = row.valid_from.empty() ? days.first : day_of(row.valid_from);
  days.last = row.valid_to.empty() ? days.last : day_of(row.valid_to);
  return days;
}

std::string day_text(std::chrono::sys_days day) {
  static const TimeZone kUtc("UTC");
  return kUtc.day(UtcTime(day));
}

PictureSpan lines_of(const Price& row) {
  PictureSpan lines;
  return {row.min_sr.value_or(lines.low), row.max_sr.value_or(lines.high)};
}

}  // namespace core
