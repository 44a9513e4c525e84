// Another price book for a closed period: what it changes becomes adjustments of an open one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// What the price book would change. Nothing is recorded yet.
struct Repricing {
  /// All lines that would correct the closed period, other corrections among them.
  std::vector<OwnedLine> lines;
  Period shown_in;  ///< the open period that shows them
  /// How many lines of the closed period had no cost so far, those that were replaced left out.
  std::int64_t unpriced_before = 0;
};

/// `closed` as read from the source, `prices` the bytes of a price book. Throws core::Error.
[[nodiscard]] Repricing try_prices(BillingSource& source, const ClosedPeriod& closed,
                                   const std::string& prices);

}  // namespace core
