// Applies another price book to a closed period: the differences become adjustments in an open one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// The changes that the price book would make. Nothing is recorded yet.
struct Repricing {
  /// All lines that would correct the closed period, including other corrections.
  std::vector<OwnedLine> lines;
  Period shown_in;  ///< the open period that shows them
  /// How many lines of the closed period had no cost so far, without replaced ones.
  std::int64_t unpriced_before = 0;
};

/// `closed`: as read from the source; `prices`: the bytes of a price book. Throws core::Error.
[[nodiscard]] Repricing try_prices(BillingSource& source, const ClosedPeriod& closed,
                                   const std::string& prices);

}  // namespace core
