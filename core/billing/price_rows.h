// Reads the rows of a price book.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "core/billing/price_book.h"
#include "core/text/csv.h"

namespace core {

/// The columns of a book, by its header.
class PriceColumns {
 public:
  enum class Name : std::size_t {
    model,
    unit,
    min_sr,
    max_sr,
    price,
    currency,
    valid_from,
    valid_to,
    minimum,
    round_up,
    discount,
    note,
    from_quantity,
    to_quantity
  };
  static constexpr std::size_t kNames = 14;
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  struct Condition {
    PriceSubject subject;
    std::size_t place = 0;
  };

  /// Throws UsageError for an unknown, repeated or missing column.
  PriceColumns(const CsvRow& header, const std::string& file);

  [[nodiscard]] std::size_t place(Name name) const {
    return places_.at(static_cast<std::size_t>(name));
  }
  [[nodiscard]] const std::vector<Condition>& conditions() const { return conditions_; }

 private:
  void add(const std::string& cell, std::size_t place);

  std::array<std::size_t, kNames> places_{};
  std::vector<Condition> conditions_;
};

/// Throws UsageError that names file, line and column.
[[nodiscard]] Price read_price(const CsvRow& row, const PriceColumns& columns,
                               const std::string& file);

/// Whether any cell from position `from` on is not blank.
[[nodiscard]] bool has_text_from(const CsvRow& row, std::size_t from);

}  // namespace core
