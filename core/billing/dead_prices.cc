#include "core/billing/dead_prices.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/billing/price_bounds.h"

namespace core {
namespace {

using Day = std::chrono::sys_days;
using Rows = std::vector<const Price*>;

bool is_bounded(const Price& row) { return row.min_sr || row.max_sr; }

// A row without bounds also matches tasks whose resolution is unknown.
bool cover_resolutions(const Rows& rows, const Price& row) {
  if (std::any_of(rows.begin(), rows.end(), [](const Price* one) { return !is_bounded(*one); })) {
    return true;
  }
  const PictureSpan wanted = lines_of(row);
  Decimal reach = wanted.low;
  bool begun = false;  // `reach` itself is covered
  while (is_bounded(row) && !(begun && wanted.high <= reach)) {
    const auto further = std::find_if(rows.begin(), rows.end(), [&](const Price* one) {
      const PictureSpan lines = lines_of(*one);
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
  const DaySpan wanted = days_of(row);
  for (Day day = wanted.first;;) {
    Rows valid;
    Day last = wanted.last;  // as long as all of them stay valid
    for (const Price* one : rows) {
      if (const DaySpan days = days_of(*one); days.hold(day)) {
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
