// Rows of a price book that can never apply, because earlier rows match everything that they match.
#pragma once

#include <cstdint>
#include <vector>

#include "core/billing/price_book.h"

namespace core {

struct DeadPrice {
  std::uint64_t line = 0;  ///< of the file, from 1
  std::vector<std::uint64_t>
      earlier_lines;  ///< of the one row, or the several rows together, that hide it
};

/// In the order of the book. Reports only certain cases: no model, resolution and day leads to the
/// row. Examines at most 1,000 earlier rows of a model, 1,000 globs, and 64 of them in combination.
[[nodiscard]] std::vector<DeadPrice> dead_prices(const PriceBook& book);

}  // namespace core
