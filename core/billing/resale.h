// What a customer pays for a line, by a second price book.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/ladder.h"

namespace core {

/// The price of the line's task by the book, unrounded and without a margin. The whole task is in
/// its main line, super resolution included; the other line has 0. A failure and a task that is
/// charged under another account cost 0. Pure: a frozen line has the same one as the task it was
/// made from, in tiers by Charge::resale_tiers. `zone`: that of the period whose cost it is.
[[nodiscard]] Resale resale_of(const ReportLine& line, const PriceBook& book, const TimeZone& zone);

/// The task as it was priced: a reversal has negated counts, and a correction the time of the
/// period in which it is shown.
[[nodiscard]] FinishedTask priced_again(const ReportLine& line);

/// Sets the margin: resale less cost, if both have one currency.
void set_margin(Resale& resale, const Charge& charge);

/// The places of the task in the ladders of the book, as the notes of Charge::resale_tiers. Tells
/// `places` what was charged, if the whole task has a price. `charges`: those of its cost.
[[nodiscard]] std::string resale_tiers_of(const FinishedTask& task,
                                          const std::vector<Charge>& charges, const PriceBook& book,
                                          const TimeZone& zone, LadderPlaces& places);

/// Where the notes of a line say that it begins.
class NotedPlaces final : public LadderPlaces {
 public:
  explicit NotedPlaces(std::string_view resale_tiers) : notes_(ladder_notes_of(resale_tiers)) {}

  [[nodiscard]] Decimal start(const Price& ladder, std::string_view day) override;
  void charged(const Price& ladder, const Decimal& quantity) override;
  /// Whether a ladder charged the line that no note names.
  [[nodiscard]] bool lack_one() const { return lack_one_; }

 private:
  std::vector<LadderNote> notes_;
  bool lack_one_ = false;
};

}  // namespace core
