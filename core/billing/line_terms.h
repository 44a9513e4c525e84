// Applies the terms of reports and of closed periods to the lines of a report.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/closed_period.h"

namespace core {

/// The terms of a line are those of the closed period whose cost it is, or corrects; then those of
/// the closed period in which it is; then those of the report. Rounding, rates and
/// resale book are looked up apart. One thread.
class LineTerms {
 public:
  /// Refers to its arguments.
  LineTerms(const std::vector<ClosedPeriod>& closed, const Pricing& pricing, const TimeZone& zone);

  /// The line with its amounts rounded, converted and sold. Refers to `line` and to this object,
  /// until the next call. Throws core::Error if the terms of a closed period are damaged.
  [[nodiscard]] ReportLine apply(const ReportLine& line);

 private:
  struct OfPeriod {
    Terms terms;
    TimeZone zone;
  };

  [[nodiscard]] const OfPeriod* of_key(std::int64_t key);
  template <typename Member>
  [[nodiscard]] const Member* find(const ReportLine& line, std::optional<Member> Terms::*member);
  void round(std::optional<Decimal>& amount, std::string_view currency,
             const Rounding* terms) const;
  void convert(const ReportLine& line, const Rates& rates);
  void resell(const ReportLine& line, const PriceBook& book, const Rounding* terms);
  [[nodiscard]] std::chrono::sys_days day_of(const ReportLine& line);

  const std::vector<ClosedPeriod>& closed_;
  const Pricing& pricing_;
  const TimeZone& zone_;
  std::map<std::int64_t, OfPeriod> periods_;  // by key, once they were needed
  bool any_ = false;                          // else every line stays as it is
  Charge charge_;
  Conversion conversion_;
  Resale resale_;
};

}  // namespace core
