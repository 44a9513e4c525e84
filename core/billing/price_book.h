// A price book in CSV: one of its rows is the price of a task.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/billing/period.h"
#include "core/billing/price_conditions.h"
#include "core/domain/money.h"
#include "core/text/csv.h"

namespace core {

/// The unit of a price, and of a line's quantity. Closed periods store the number: new ones are
/// added at the end.
enum class PriceUnit {
  second,         ///< the vendor's billable total
  output_second,  ///< the length of the clip
  video,
  mtoken,     ///< millions of completion_tokens
  sr_mtoken,  ///< millions of super_resolution_tokens; added to another price
  unit,
  credit,
  quota,  ///< the gateway's own charge: 500,000 of its quota are one, unless the book says so
  task,   ///< each task is one
  input_second,  ///< of the video that was given
  label,         ///< the number in a label of the task (Price::unit_label)
};
/// As written in a price book: "output_second". For `label` only this word.
[[nodiscard]] std::string_view name(PriceUnit unit);
/// None if no unit has that name.
[[nodiscard]] std::optional<PriceUnit> price_unit(std::string_view name);

/// Which of several rows that fit is the most special one, the last being the greatest: more
/// conditions; the name of one model before a glob, and more fixed characters in it; a bound of the
/// picture; a bound of the day.
using PriceRank = std::tuple<std::size_t, bool, std::size_t, bool, bool>;

/// The price of a part of what is charged in a month.
struct Tier {
  Decimal from;               ///< of the month's quantity, inclusive
  std::optional<Decimal> to;  ///< exclusive; none: no end
  Decimal price;              ///< less the discount
  Decimal discount;           ///< percent
  Decimal list_price;
  std::string note;
};

/// A row of the price book; or a ladder: several rows whose prices are those of its tiers.
struct Price {
  std::string model;  ///< a glob: `*` any text, `?` one character
  PriceUnit unit = PriceUnit::second;
  std::string unit_label{};       ///< for PriceUnit::label: the name of the label
  std::optional<Decimal> min_sr;  ///< lines of the picture, inclusive
  std::optional<Decimal> max_sr;
  Decimal price;  ///< less the discount
  std::string currency;
  std::string valid_from;  ///< a day as 2026-10-05, inclusive; empty: open
  std::string valid_to;
  std::uint64_t line = 0;                    ///< of the file, from 1
  std::vector<PriceCondition> conditions{};  ///< all must hold
  std::optional<Decimal> minimum{};          ///< the least quantity above 0 that is charged
  std::optional<Decimal> round_up{};         ///< the quantity is charged in whole multiples of it
  Decimal discount{};                        ///< percent
  Decimal list_price{};
  std::string note{};
  std::optional<Decimal> from_quantity{};  ///< as in the row
  std::optional<Decimal> to_quantity{};
  /// By quantity, from 0 on and without a gap; empty: `price` is for any quantity, else it is that
  /// of the first tier.
  std::vector<Tier> tiers{};

  [[nodiscard]] PriceRank rank() const;
};

/// The row that gives the price.
struct PriceMatch {
  const Price* row = nullptr;  ///< null: none; valid as long as the book
  /// The lines of two rows that are equally special, so that none gives the price; 0: no such rows.
  std::array<std::uint64_t, 2> tied{};

  [[nodiscard]] bool is_tied() const { return tied.front() != 0; }
};

/// The lines of the picture for a resolution as vendors write it; none for any other word.
[[nodiscard]] std::optional<Decimal> picture_lines(std::string_view resolution);

/// Whether `text` looks like an ISO 4217 code: "USD".
[[nodiscard]] bool is_currency(std::string_view text);

/// The money of one quota, if `quota_per_unit` of them are one unit (--quota-per-unit). Throws
/// UsageError if that is no exact decimal.
[[nodiscard]] Decimal money_of_one_quota(long long quota_per_unit);

/// The bytes of a book with the number of the gateway's quota in one unit: unchanged for the usual
/// one. Throws UsageError as above.
[[nodiscard]] std::string with_quota_per_unit(std::string text, long long quota_per_unit);

/// Why no row matches.
enum class PriceGap {
  no_model,
  no_row_for_model,
  no_row_for_conditions,
  no_row_for_resolution,
  generation_unknown,  ///< token rows depend on a resolution that the ledger does not have
  no_row_for_date
};
/// For `cost_note`: "no price for this model" …
[[nodiscard]] std::string_view describe(PriceGap gap);

class PriceBook {
 public:
  static constexpr std::size_t kRowsMax = 100'000;

  /// The columns that every version knows.
  static constexpr std::string_view kHeader =
      "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to";
  /// Begins the last line of a book with another number of the gateway's quota in one unit.
  static constexpr std::string_view kQuotaPerUnit = "# quota-per-unit: ";
  static constexpr long long kUsualQuotaPerUnit = 500'000;

  /// Begins the terms that a closing adds behind the book (terms.h).
  static constexpr std::string_view kTermsMark = "\n# terms of the closing, added by reeltally\n";

  /// The bytes before kTermsMark.
  [[nodiscard]] static std::string_view without_terms(std::string_view text) {
    return text.substr(0, text.find(kTermsMark));
  }

  /// Reads kHeader and optional columns, in any order and case, by its header, whose delimiter is
  /// detected; blank cells are open bounds and no condition. Throws UsageError that names `file`,
  /// line and column.
  [[nodiscard]] static PriceBook read(ReadBytes read, const std::string& file);

  /// Reads the bytes of such a file, and the line `kQuotaPerUnit` at their end, without terms.
  [[nodiscard]] static PriceBook parse(std::string_view text, const std::string& file);

  /// Of the rows that fit and are not for super resolution: the first one, or, in a book with a
  /// column for a condition, the most special one.
  [[nodiscard]] PriceMatch find(const PricedTask& task) const;
  /// The same of the sr_mtoken rows.
  [[nodiscard]] PriceMatch find_super_resolution(const PricedTask& task) const;
  /// Why `find` finds nothing, unless two rows are tied.
  [[nodiscard]] PriceGap gap(const PricedTask& task) const;
  /// A ladder is one of them.
  [[nodiscard]] const std::vector<Price>& rows() const { return rows_; }
  /// Whether a price depends on what was charged before in the month.
  [[nodiscard]] bool has_ladders() const;
  /// Whether the most special row counts, not the first one.
  [[nodiscard]] bool has_conditions() const { return has_conditions_; }
  /// Whether a price depends on labels of the task.
  [[nodiscard]] bool uses_labels() const;
  /// What 1 of the gateway's quota is in its unit: 0.000002.
  [[nodiscard]] const Decimal& unit_of_quota() const { return unit_of_quota_; }

 private:
  template <typename Accept>
  [[nodiscard]] const Price* first(const PricedTask& task, Accept accept) const;
  template <typename Accept>
  [[nodiscard]] PriceMatch choose(const PricedTask& task, Accept accept) const;
  template <typename Accept>
  [[nodiscard]] PriceMatch most_special(const PricedTask& task, Accept accept) const;

  std::vector<Price> rows_;
  bool has_conditions_ = false;
  Decimal unit_of_quota_ = *Decimal(kUsualQuotaPerUnit).exact_reciprocal();
};

}  // namespace core
