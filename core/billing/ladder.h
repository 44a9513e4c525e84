// Ladders of tiers: prices that depend on what was charged before in the same month.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/price_book.h"
#include "core/domain/money.h"

namespace core {

/// A part of a quantity, in one tier.
struct TierPart {
  Decimal quantity;
  Decimal price;
};

/// Splits the quantity of a line that begins at `start` in its ladder; a quantity of 0 is in the
/// tier of its start. At least one part. `row` has tiers, and `start` is not negative. The tiers
/// that were used are added to `used`.
[[nodiscard]] std::vector<TierPart> parts_of(const Price& row, const Decimal& start,
                                             const Decimal& quantity,
                                             std::vector<const Tier*>& used);

/// The sum of quantity times price. Throws Error for more than 38 digits.
[[nodiscard]] Decimal cost_of(const std::vector<TierPart>& parts);

/// What `cost_note` says of a line in a ladder. It makes the line's cost follow from the line and
/// the frozen price book alone.
struct LadderNote {
  std::uint64_t line = 0;         ///< of the price book: Price::line of the ladder
  Decimal start;                  ///< charged by the ladder in the month before this line
  std::vector<TierPart> parts{};  ///< empty: all of the quantity is in one tier

  /// "tiers of line 2, after 990 this month: 10 at 0.1, 5 at 0.08".
  [[nodiscard]] std::string text() const;
};

/// Reads it from a `cost_note`, also of a reversal or a repriced line; none if it has none. A note
/// of the price book is never taken for one.
[[nodiscard]] std::optional<LadderNote> ladder_note_of(std::string_view cost_note);

/// The places of a task in the tiers of a resale book (Charge::resale_tiers): a note for each
/// ladder that charges it, always with its parts, joined by "; ".
[[nodiscard]] std::vector<LadderNote> ladder_notes_of(std::string_view resale_tiers);

/// Knows where lines begin in their ladders. One thread.
class LadderPlaces {
 public:
  LadderPlaces() = default;
  virtual ~LadderPlaces() = default;
  LadderPlaces(const LadderPlaces&) = delete;
  LadderPlaces& operator=(const LadderPlaces&) = delete;

  /// What the ladder has charged before the next line. `day`: of its task, as 2026-10-05.
  [[nodiscard]] virtual Decimal start(const Price& ladder, std::string_view day) = 0;
  /// The line has a cost, for this quantity.
  virtual void charged(const Price& ladder, const Decimal& quantity) = 0;
};

/// For tasks in the order of their time, from the beginning of a month: adds up what each ladder
/// charges. Memory: a number for each ladder.
class RunningPlaces final : public LadderPlaces {
 public:
  [[nodiscard]] Decimal start(const Price& ladder, std::string_view day) override;
  void charged(const Price& ladder, const Decimal& quantity) override;

 private:
  std::string month_;
  std::map<std::uint64_t, Decimal> charged_;  // in that month, by the line of the ladder
};

}  // namespace core
