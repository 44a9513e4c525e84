// Proves the resale of the lines of a closed period by the tiers of its frozen resale book.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/closed_period.h"
#include "core/billing/terms.h"

namespace core {

/// For the lines of one closed period, in the order of its report. Memory: as LadderCheck.
class ResaleCheck {
 public:
  /// Refers to `closed`: all closed periods.
  ResaleCheck(const std::vector<ClosedPeriod>& closed, const ClosedPeriod& own)
      : closed_(closed), own_(own.key) {}

  /// What is wrong with the places of the line in the tiers of the resale book; empty: nothing. The
  /// places of a line that was charged in this period begin where those before ended. Throws
  /// core::Error if the terms of a closed period are damaged.
  [[nodiscard]] std::string check(const ReportLine& line);

 private:
  struct Sold {
    Terms terms;
    TimeZone zone;
  };
  [[nodiscard]] const Sold* sold_by(std::int64_t period);

  const std::vector<ClosedPeriod>& closed_;
  std::int64_t own_;
  std::map<std::int64_t, std::optional<Sold>> sold_;  // by period; none: without tiers
  std::map<std::uint64_t, Decimal> charged_;          // by ladder
};

}  // namespace core
