// The days and pictures of a row of a price book.
#pragma once

#include <chrono>
#include <limits>
#include <string>

#include "core/billing/price_book.h"

namespace core {

/// Both ends inclusive; an open end is beyond every day in a price book.
struct DaySpan {
  std::chrono::sys_days first = std::chrono::sys_days::min();
  std::chrono::sys_days last = std::chrono::sys_days::max();
  [[nodiscard]] bool hold(std::chrono::sys_days day) const { return first <= day && day <= last; }
  [[nodiscard]] bool contain(const DaySpan& other) const {
    return first <= other.first && other.last <= last;
  }
  bool operator==(const DaySpan&) const = default;
};
[[nodiscard]] DaySpan days_of(const Price& row);
/// 2026-10-05.
[[nodiscard]] std::string day_text(std::chrono::sys_days day);

/// Lines of the picture, both ends inclusive.
struct PictureSpan {
  Decimal low{std::numeric_limits<long long>::min()};
  Decimal high{std::numeric_limits<long long>::max()};
  [[nodiscard]] bool contain(const PictureSpan& other) const {
    return low <= other.low && other.high <= high;
  }
  bool operator==(const PictureSpan&) const = default;
};
[[nodiscard]] PictureSpan lines_of(const Price& row);

}  // namespace core
