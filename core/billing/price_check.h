// Finds what is probably wrong in a price book although it can be read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/price_book.h"

namespace core {

enum class PriceFault { never_counts, tie, overlap, day_gap, picture_gap, currency };
/// "never_counts" …
[[nodiscard]] std::string_view name(PriceFault fault);

struct PriceFinding {
  std::uint64_t line = 0;  ///< of the file, from 1
  PriceFault fault = PriceFault::never_counts;
  std::string text;  ///< what is wrong, and its consequence
};

/// Sorted by line:
///  - rows that can never count, because other rows take all their tasks (dead_prices.h);
///  - rows of one model that fit the same tasks and are equally special, in a book with conditions;
///  - rows of one model and the same conditions that partly overlap, in a book without: one that is
///    within another is an exception from it, and nothing is wrong;
///  - days or pictures between such rows for which no row of the book has a price;
///  - currencies that are not in ISO 4217.
/// Compares at most 500 rows of a model with each other.
[[nodiscard]] std::vector<PriceFinding> check_prices(const PriceBook& book);

}  // namespace core
