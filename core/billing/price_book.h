// A price book in CSV: the first matching row is the price of a task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/period.h"
#include "core/domain/money.h"
#include "core/text/csv.h"

namespace core {

/// The unit of a price, and of a line's quantity.
enum class PriceUnit {
  second,         ///< the vendor's billable total
  output_second,  ///< the length of the clip
  video,
  mtoken,     ///< millions of completion_tokens
  sr_mtoken,  ///< millions of super_resolution_tokens; added to another price
  unit,
  credit,
};
/// As written in a price book: "output_second".
[[nodiscard]] std::string_view name(PriceUnit unit);

/// A row of the price book.
struct Price {
  std::string model;  ///< a glob: `*` any text, `?` one character
  PriceUnit unit = PriceUnit::second;
  std::optional<Decimal> min_sr;  ///< lines of the picture, inclusive
  std::optional<Decimal> max_sr;
  Decimal price;
  std::string currency;
  std::string valid_from;  ///< a day as 2026-10-05, inclusive; empty: open
  std::string valid_to;
  std::uint64_t line = 0;  ///< of the file, from 1
};

/// The properties of a task that decide its price.
struct PricedTask {
  std::string_view model;
  std::optional<Decimal> lines;  ///< of the picture: 720 for "720p", "720" and "1280x720"
  /// Of the picture before super resolution, for which the completion tokens (mtoken) were used.
  std::optional<Decimal> generated_lines;
  std::string day;  ///< of its billing time, in the report's zone
};

/// The lines of the picture for a resolution as vendors write it; none for any other word.
[[nodiscard]] std::optional<Decimal> picture_lines(std::string_view resolution);

/// Whether `text` looks like an ISO 4217 code: "USD".
[[nodiscard]] bool is_currency(std::string_view text);

/// Whether `pattern` (`*`, `?`) matches the whole `text`. Takes at most |pattern| x |text| steps.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

/// Whether every text that matches `narrow` certainly matches `wide`.
[[nodiscard]] bool glob_covers(std::string_view wide, std::string_view narrow);

/// Why no row matches.
enum class PriceGap {
  no_model,
  no_row_for_model,
  no_row_for_resolution,
  generation_unknown,  ///< token rows depend on a resolution that the ledger does not have
  no_row_for_date
};
/// For `cost_note`: "no price for this model" …
[[nodiscard]] std::string_view describe(PriceGap gap);

class PriceBook {
 public:
  static constexpr std::size_t kRowsMax = 100'000;

  /// Reads `model,unit,min_sr,max_sr,price,currency,valid_from,valid_to`, in any order and case, by
  /// its header, whose delimiter is detected; blank cells are open bounds. Throws UsageError that
  /// names `file`, line and column.
  [[nodiscard]] static PriceBook read(ReadBytes read, const std::string& file);

  /// Reads the bytes of such a file.
  [[nodiscard]] static PriceBook parse(std::string_view text, const std::string& file);

  /// The first matching row that is not an sr_mtoken row; valid as long as the book.
  [[nodiscard]] const Price* find(const PricedTask& task) const;
  /// The first matching sr_mtoken row.
  [[nodiscard]] const Price* find_super_resolution(const PricedTask& task) const;
  /// Why `find` finds nothing.
  [[nodiscard]] PriceGap gap(const PricedTask& task) const;
  [[nodiscard]] const std::vector<Price>& rows() const { return rows_; }

 private:
  template <typename Accept>
  [[nodiscard]] const Price* first(const PricedTask& task, Accept accept) const;

  std::vector<Price> rows_;
};

}  // namespace core
