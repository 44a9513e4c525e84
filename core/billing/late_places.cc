#include "core/billing/late_places.h"

#include <algorithm>
#include <optional>

namespace core {
namespace {

std::vector<LadderNote> notes_of(const Charge& charge, LadderSide side) {
  switch (side) {
    case LadderSide::cost:
      break;
    case LadderSide::resale:
      return ladder_notes_of(charge.resale_tiers);
  }
  const std::optional<LadderNote> note = ladder_note_of(charge.cost_note);
  return note ? std::vector{*note} : std::vector<LadderNote>();
}

// The notes of a resale always have their parts.
Decimal sum_of(const std::vector<TierPart>& parts) {
  Decimal sum;
  for (const TierPart& part : parts) {
    sum += part.quantity;
  }
  return sum;
}

}  // namespace

// A reversal counts negatively: the sum is what stands.
void LadderEnds::add(const OwnedLine& line, Charged& charged) const {
  for (const LadderNote& note : notes_of(line.charge, side_)) {
    switch (side_) {
      case LadderSide::cost:
        charged[note.line] += line.charge.quantity.value_or(Decimal());
        break;
      case LadderSide::resale:
        charged[note.line] += line.reversal ? -sum_of(note.parts) : sum_of(note.parts);
        break;
    }
  }
}

void LadderEnds::add(const ClosedPeriod& period, const std::vector<OwnedLine>& corrections) {
  for (const OwnedLine& line : corrections) {
    add(line, added_[period.key]);
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
      add(line, found->second);
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
    for (const LadderNote& note : notes_of(line.charge, side_)) {
      if (note.line == ladder.line) {
        return note.start;
      }
    }
  }
  needs_end_ = true;
  return ends_ == nullptr ? Decimal() : ends_->end(period_, ladder.line);
}

}  // namespace core
