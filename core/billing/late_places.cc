#include "core/billing/late_places.h"

#include <algorithm>
#include <optional>

namespace core {
namespace {

// A reversal has a negative quantity: the sum is what stands.
void add_charged(const Charge& charge, std::map<std::uint64_t, Decimal>& charged) {
  if (!charge.quantity) {
    return;
  }
  if (const std::optional<LadderNote> note = ladder_note_of(charge.cost_note)) {
    charged[note->line] += *charge.quantity;
  }
}

}  // namespace

void LadderEnds::add(const ClosedPeriod& period, const std::vector<OwnedLine>& corrections) {
  for (const OwnedLine& line : corrections) {
    add_charged(line.charge, added_[period.key]);
  }
}

const LadderEnds::Charged& LadderEnds::frozen(const ClosedPeriod& period) {
  const auto [found, is_new] = frozen_.try_emplace(period.key);
  if (!is_new) {
    return found->second;
  }
  const auto lines = source_.frozen_lines({.begin = period.period.begin,
                                           .end = closed_.back().period.end,
                                           .failures = false,
                                           .labels = false});
  for (OwnedLine line; !lines->at_end();) {
    lines->take(line);
    if (line.incurred_in == period.key) {
      add_charged(line.charge, found->second);
    }
  }
  return found->second;
}

Decimal LadderEnds::end(const ClosedPeriod& period, std::uint64_t ladder) {
  const auto charged = [ladder](const Charged& by_ladder) {
    const auto found = by_ladder.find(ladder);
    return found == by_ladder.end() ? Decimal() : found->second;
  };
  return charged(frozen(period)) + charged(added_[period.key]);
}

Decimal CorrectedPlaces::start(const Price& ladder, std::string_view /*day*/) {
  for (const OwnedLine& line : standing_) {
    const std::optional<LadderNote> note = ladder_note_of(line.charge.cost_note);
    if (note && note->line == ladder.line) {
      return note->start;
    }
  }
  needs_end_ = true;
  return ends_ == nullptr ? Decimal() : ends_->end(period_, ladder.line);
}

}  // namespace core
