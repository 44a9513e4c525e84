#include "core/billing/dead_prices.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace core {
namespace {

using Day = std::chrono::sys_days;
using Rows = std::vector<const Price*>;

// Both ends inclusive; an open end is beyond every day in a price book.
struct Days {
  Day first = Day::min();
  Day last = Day::max();
  [[nodiscard]] bool hold(Day day) const { return first <= day && day <= last; }
};
struct Lines {
  Decimal low{std::numeric_limits<long long>::min()};
  Decimal high{std::numeric_limits<long long>::max()};
};

// Of a text such as 2026-10-05, which the book has validated.
Day day_of(std::string_view text) {
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

Days days_of(const Price& row) {
  Days days;
  days.first = row.valid_from.empty() ? days.first : day_of(row.valid_from);
  days.last = row.valid_to.empty() ? days.last : day_of(row.valid_to);
  return days;
}

bool is_bounded(const Price& row) { return row.min_sr || row.max_sr; }

Lines lines_of(const Price& row) {
  Lines lines;
  return {row.min_sr.value_or(lines.low), row.max_sr.value_or(lines.high)};
}

// A row without bounds also matches tasks whose resolution is unknown.
bool cover_resolutions(const Rows& rows, const Price& row) {
  if (std::any_of(rows.begin(), rows.end(), [](const Price* one) { return !is_bounded(*one); })) {
    return true;
  }
  const Lines wanted = lines_of(row);
  Decimal reach = wanted.low;
  bool begun = false;  // `reach` itself is covered
  while (is_bounded(row) && !(begun && wanted.high <= reach)) {
    const auto further = std::find_if(rows.begin(), rows.end(), [&](const Price* one) {
      const Lines lines = lines_of(*one);
      return lines.low <= reach && (begun ? lines.high > reach : lines.high >= reach);
    });
    if (further == rows.end()) {
      return false;
    }
    reach = lines_of(**further).high;
    begun = true;
  }
  return is_bounded(row);
}

// Whether `rows`, which all match the models of `row`, together match everything that it matches.
bool hide(const Rows& rows, const Price& row) {
  const Days wanted = days_of(row);
  for (Day day = wanted.first;;) {
    Rows valid;
    Day last = wanted.last;  // as long as all of them stay valid
    for (const Price* one : rows) {
      if (const Days days = days_of(*one); days.hold(day)) {
        valid.push_back(one);
        last = std::min(last, days.last);
      }
    }
    if (!cover_resolutions(valid, row)) {
      return false;
    }
    if (last == wanted.last) {
      return true;
    }
    day = last + std::chrono::days(1);
  }
}

// Rows for super resolution are looked up separately. Bounds of token rows apply to the generated
// resolution, bounds of other rows to the delivered one.
bool fits_models_of(const Price& wide, const Price& narrow) {
  const bool same_bounds =
      !is_bounded(wide) || (wide.unit == PriceUnit::mtoken) == (narrow.unit == PriceUnit::mtoken);
  return (wide.unit == PriceUnit::sr_mtoken) == (narrow.unit == PriceUnit::sr_mtoken) &&
         same_bounds && glob_covers(wide.model, narrow.model);
}

// The lines of those `earlier` rows that hide `row`; none if nothing does.
std::vector<std::uint64_t> lines_that_hide(const Rows& earlier, const Price& row) {
  constexpr std::size_t kTogetherMax = 64;
  Rows rows;
  for (const Price* one : earlier) {
    if (fits_models_of(*one, row)) {
      if (hide({one}, row)) {
        return {one->line};
      }
      rows.push_back(one);
    }
  }
  std::vector<std::uint64_t> lines;
  if (rows.size() <= kTogetherMax && hide(rows, row)) {
    std::transform(rows.begin(), rows.end(), std::back_inserter(lines),
                   [](const Price* one) { return one->line; });
  }
  return lines;
}

}  // namespace

std::vector<DeadPrice> dead_prices(const PriceBook& book) {
  constexpr std::size_t kEarlierMax = 1000;
  Rows globs;
  std::unordered_map<std::string_view, Rows> of_model;
  std::vector<DeadPrice> dead;
  if (book.has_conditions()) {
    return dead;  // rows before it hide nothing: the most special one counts
  }
  for (const Price& row : book.rows()) {
    const bool is_glob = row.model.find_first_of("*?") != std::string::npos;
    Rows earlier = globs;
    Rows& beside = is_glob ? globs : of_model[row.model];
    if (!is_glob) {
      earlier.insert(earlier.end(), beside.begin(), beside.end());
      std::sort(earlier.begin(), earlier.end(),
                [](const Price* one, const Price* other) { return one->line < other->line; });
    }
    if (auto lines = lines_that_hide(earlier, row); !lines.empty()) {
      dead.push_back({.line = row.line, .earlier_lines = std::move(lines)});
    } else if (beside.size() < kEarlierMax) {
      beside.push_back(&row);
    }
  }
  return dead;
}

}  // namespace core
