// Proves the tiers of the lines of a closed period by its frozen price book.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/closed_period.h"
#include "core/billing/price_book.h"

namespace core {

/// For the lines of one closed period, in the order of its report. Memory: a number for each
/// ladder, and the books of the periods that the lines correct.
class LadderCheck {
 public:
  /// The texts of the books that were recorded for a closed period afterwards.
  using LaterBooks = std::function<std::vector<std::string>(const ClosedPeriod&)>;

  /// Refers to `closed`: all closed periods.
  LadderCheck(const std::vector<ClosedPeriod>& closed, const ClosedPeriod& own,
              LaterBooks later_books)
      : closed_(closed), own_(own.key), later_books_(std::move(later_books)) {}

  /// What is wrong with the line, as it is frozen; empty: nothing. A line that was charged in this
  /// period begins where the one before ended, and its cost is that of the tiers of the period's
  /// book; of a correction only the latter can be proved, by one of the books that ever applied.
  [[nodiscard]] std::string check(const ReportLine& line);

 private:
  using Books = std::vector<PriceBook>;  // those that have ladders

  [[nodiscard]] const Books& books_of(std::int64_t period);

  const std::vector<ClosedPeriod>& closed_;
  std::int64_t own_;
  LaterBooks later_books_;
  std::map<std::int64_t, Books> books_;       // by period
  std::map<std::uint64_t, Decimal> charged_;  // by ladder
};

}  // namespace core
