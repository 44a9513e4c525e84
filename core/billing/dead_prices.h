// Rows of a price book that can never count, since earlier rows fit whatever they fit.
#pragma once

#include <cstdint>
#include <vector>

#include "core/billing/price_book.h"

namespace core {

struct DeadPrice {
  std::uint64_t line = 0;  ///< of the file, from 1
  std::vector<std::uint64_t>
      earlier_lines;  ///< of the row in its way, or of those that are together
};

/// In the order of the book. A row is dead only for certain: no model, resolution and day leads to
/// it. Looks at 1,000 earlier rows of a model, 1,000 globs, and 64 of them together at most.
[[nodiscard]] std::vector<DeadPrice> dead_prices(const PriceBook& book);

}  // namespace core
