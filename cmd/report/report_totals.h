// What the lines of a report come to, for its manifest and its warnings.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/billing/billing.h"
#include "core/domain/money.h"

namespace cmd {

struct ReportTotals {
  /// Of some of the lines.
  struct Part {
    std::int64_t lines = 0;
    std::int64_t tasks = 0;                     ///< less those that are taken back
    std::int64_t unpriced = 0;                  ///< lines whose cost is not known
    std::map<std::string, core::Decimal> cost;  ///< by currency, of the priced lines

    void add(const core::ReportLine& line, std::int64_t times);
  };

  Part all;
  Part adjustments;  ///< the part of `all` that corrects closed periods
  /// The unpriced lines by model, "" where none is known.
  std::map<std::string, std::int64_t> unpriced_by_model;
  /// Failed tasks whose final answer keeps a quota, less those that are taken back.
  std::int64_t not_refunded = 0;
  /// Tasks that another account is charged for, less those that are taken back.
  std::int64_t charged_elsewhere = 0;

  /// Adds `times` such lines. Throws core::Error when a sum overflows.
  void add(const core::ReportLine& line, std::int64_t times = 1);
};

/// "3 lines (kling-v2: 2, no model: 1)": those without a cost, the models with most of them first.
[[nodiscard]] std::string unpriced_text(const ReportTotals& totals);

}  // namespace cmd
