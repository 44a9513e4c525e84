#include "storage/sqlite/billing/period_books.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/billing/price_book.h"
#include "storage/sqlite/statement.h"

namespace storage {
namespace {

// The rows of all books that ever ruled a period.
std::vector<core::Price> prices_of(SQLite::Database& database, std::int64_t period) {
  Statement books(database,
                  "SELECT prices FROM period WHERE id = ?1 AND prices IS NOT NULL UNION ALL "
                  "SELECT prices FROM repricing WHERE period = ?1");
  books.bind(1, period);
  std::vector<core::Price> prices;
  while (books.step()) {
    const core::PriceBook read =
        core::PriceBook::parse(std::string(books.text(0)), "its price book");
    prices.insert(prices.end(), read.rows().begin(), read.rows().end());
  }
  return prices;
}

}  // namespace

bool lines_have_their_prices(SQLite::Database& database, std::int64_t period) {
  const std::vector<core::Price> prices = prices_of(database, period);
  Statement lines(database,
                  "SELECT DISTINCT unit, unit_price, currency FROM report_line "
                  "WHERE incurred = ? AND unit_price IS NOT NULL");
  lines.bind(1, period);
  bool fit = true;
  while (fit && lines.step()) {
    const core::Decimal price = core::Decimal::from_text(std::string(lines.text(1)));
    fit = std::any_of(prices.begin(), prices.end(), [&](const core::Price& row) {
      return static_cast<std::int64_t>(row.unit) == lines.integer(0) && row.price == price &&
             row.currency == lines.text(2);
    });
  }
  return fit;
}

}  // namespace storage
