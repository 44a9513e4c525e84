// Compares the price books of closed periods with their lines.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/billing/price_book.h"
#include "storage/statements/rows.h"

namespace storage {

/// All books that ever applied to the period $1.
inline constexpr const char* kBooks =
    "SELECT prices FROM period WHERE id = $1 AND prices IS NOT NULL UNION ALL "
    "SELECT prices FROM repricing WHERE period = $1";
inline constexpr const char* kPricesOfLines =
    "SELECT DISTINCT unit, unit_price, currency FROM report_line "
    "WHERE incurred = $1 AND unit_price IS NOT NULL";

/// Whether the price of each line is in a book that ever applied to its closed period. Throws
/// core::UsageError for an unreadable book.
template <RowSource Rows>
[[nodiscard]] bool lines_have_their_prices(Rows& source, std::int64_t period) {
  std::vector<core::Price> prices;
  auto books = source.select(kBooks, {period});
  while (books.step()) {
    const core::PriceBook read =
        core::PriceBook::parse(std::string(books.text(0)), "its price book");
    prices.insert(prices.end(), read.rows().begin(), read.rows().end());
  }
  bool fit = true;
  auto lines = source.select(kPricesOfLines, {period});
  while (fit && lines.step()) {
    const core::Decimal price = core::Decimal::from_text(lines.text(1));
    fit = std::any_of(prices.begin(), prices.end(), [&](const core::Price& row) {
      const bool has_price = row.price == price || std::any_of(row.tiers.begin(), row.tiers.end(),
                                                               [&price](const core::Tier& tier) {
                                                                 return tier.price == price;
                                                               });
      return static_cast<std::int64_t>(row.unit) == lines.integer(0) && has_price &&
             row.currency == lines.text(2);
    });
  }
  return fit;
}

}  // namespace storage
