// Proves the tiers of the lines of a closed period by its frozen price book.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/closed_period.h"

namespace core {

/// For the lines of one closed period, in the order of its report. Memory: a number for each
/// ladder, and the books of the periods that the lines correct.
class LadderCheck {
 public:
  /// Refers to `closed`: all closed periods.
  LadderCheck(const std::vector<ClosedPeriod>& closed, const ClosedPeriod& own)
      : closed_(closed), own_(own.key) {}

  /// What is wrong with the line, as it is frozen; empty: nothing. A line that was charged in this
  /// period begins where the one before ended, and its cost is that of its tiers; of a correction
  /// only the latter can be proved.
  [[nodiscard]] std::string check(const ReportLine& line);

 private:
  [[nodiscard]] const PriceBook* book_of(std::int64_t period);

  const std::vector<ClosedPeriod>& closed_;
  std::int64_t own_;
  std::map<std::int64_t, std::optional<PriceBook>> books_;  // by period; none: without ladders
  std::map<std::uint64_t, Decimal> charged_;                // by ladder
};

}  // namespace core
