// What a task costs: a price book in CSV, its first fitting row.
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

/// What one price is for; the quantity of a line is in this unit.
enum class PriceUnit {
  second,         ///< the vendor's billable total
  output_second,  ///< the length of the clip
  video,
  mtoken,     ///< millions of completion_tokens
  sr_mtoken,  ///< millions of super_resolution_tokens; beside another price, not in its place
  unit,
  credit,
};
/// As in a price book: "output_second".
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

/// What a task is priced by.
struct PricedTask {
  std::string_view model;
  std::optional<Decimal> lines;  ///< of the picture: 720 for "720p", "720" and "1280x720"
  /// Of the picture before super resolution: what completion tokens (mtoken) were spent on.
  std::optional<Decimal> generated_lines;
  std::string day;  ///< of its billing time in the report's zone
};

/// The lines of the picture behind a resolution as vendors write it; none when it is no such word.
[[nodiscard]] std::optional<Decimal> picture_lines(std::string_view resolution);

/// Whether `text` looks like an ISO 4217 code: "USD".
[[nodiscard]] bool is_currency(std::string_view text);

/// Whether `pattern` (`*`, `?`) stands for the whole of `text`. Takes |pattern| x |text| steps at
/// most.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

/// Whether every text that `narrow` stands for is certain to match `wide`.
[[nodiscard]] bool glob_covers(std::string_view wide, std::string_view narrow);

/// Why no row fits.
enum class PriceGap {
  no_model,
  no_row_for_model,
  no_row_for_resolution,
  generation_unknown,  ///< rows for tokens go by a resolution that the ledger does not have
  no_row_for_date
};
/// For `cost_note`: "no price for this model" …
[[nodiscard]] std::string_view describe(PriceGap gap);

class PriceBook {
 public:
  static constexpr std::size_t kRowsMax = 100'000;

  /// Reads `model,unit,min_sr,max_sr,price,currency,valid_from,valid_to`, in any order and
  /// case, by its header, with the delimiter of that; blank cells are open bounds. Throws
  /// UsageError that names `file`, line and column.
  [[nodiscard]] static PriceBook read(ReadBytes read, const std::string& file);

  /// The same from the bytes of such a file.
  [[nodiscard]] static PriceBook parse(std::string_view text, const std::string& file);

  /// The first row that fits and is no sr_mtoken row; the row stays where it is.
  [[nodiscard]] const Price* find(const PricedTask& task) const;
  /// The first sr_mtoken row that fits.
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
