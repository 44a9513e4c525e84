// The totals of a report's lines, for its manifest and its warnings.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/billing/billing.h"
#include "core/domain/money.h"

namespace cmd {

struct ReportTotals {
  /// The totals of some lines.
  struct Part {
    std::int64_t lines = 0;
    std::int64_t tasks = 0;                         ///< without reversed ones
    std::int64_t unpriced = 0;                      ///< lines with an unknown cost
    std::map<std::string, core::Decimal> cost;      ///< of the priced lines, by currency
    std::map<std::string, core::Decimal> billed{};  ///< the same by billing currency
    std::int64_t unconverted = 0;  ///< priced lines with an unknown cost in the billing currency
    std::map<std::string, core::Decimal> resale{};  ///< what customers pay, by currency
    std::map<std::string, core::Decimal> margin{};
    std::int64_t unsold = 0;  ///< lines of which it is unknown what customers pay

    void add(const core::ReportLine& line, std::int64_t times);

   private:
    void add_resale(const core::Resale& sold, const core::Decimal& times);
  };

  Part all;
  Part adjustments;  ///< the part of `all` that corrects closed periods
  /// The unpriced lines by model; "" if the model is unknown.
  std::map<std::string, std::int64_t> unpriced_by_model;
  /// Failed tasks whose final answer still has a quota, without reversed ones.
  std::int64_t not_refunded = 0;
  /// Tasks that are charged under another account, without reversed ones.
  std::int64_t charged_elsewhere = 0;

  /// Adds `times` such lines. Throws core::Error if a sum overflows.
  void add(const core::ReportLine& line, std::int64_t times = 1);
};

/// "3 lines (kling-v2: 2, no model: 1)": the lines without a cost; models with most of them first.
[[nodiscard]] std::string unpriced_text(const ReportTotals& totals);

}  // namespace cmd
