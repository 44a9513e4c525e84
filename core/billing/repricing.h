// Applies another price book to a closed period: the differences become adjustments in an open one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// A line of a closed period whose cost the other prices change.
struct ChangedCost {
  std::string model;
  std::optional<Charge> before;  ///< by the prices so far and the newest answer; none: no such line
  std::optional<Charge> after;   ///< none: no such line

  [[nodiscard]] bool loses_cost() const { return before && before->cost && after && !after->cost; }
};

/// The changes that the price book would make. Nothing is recorded yet.
struct Repricing {
  /// All lines that would correct the closed period, including other corrections.
  std::vector<OwnedLine> lines;
  std::vector<ChangedCost> changes;
  Period shown_in;  ///< the open period that shows them
  /// How many lines of the closed period had no cost so far, without replaced ones.
  std::int64_t unpriced_before = 0;
};

/// `closed`: as read from the source; `prices`: the bytes of a price book. The prices so far are
/// those by which closed periods charge it. Throws core::Error.
[[nodiscard]] Repricing try_prices(BillingSource& source, const ClosedPeriod& closed,
                                   const std::string& prices);

}  // namespace core
