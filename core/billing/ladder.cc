#include "core/billing/ladder.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "core/billing/adjustments.h"
#include "core/billing/billing.h"
#include "core/domain/time_zone.h"
#include "core/error.h"

namespace core {
namespace {

constexpr std::string_view kTiersOf = "tiers of line ";
constexpr std::string_view kAfter = ", after ";
constexpr std::string_view kThisMonth = " this month";
constexpr std::string_view kPartsBegin = ": ";
constexpr std::string_view kPartsBetween = ", ";
constexpr std::string_view kAt = " at ";
constexpr std::string_view kNoteEnd = "; ";

bool take(std::string_view& text, std::string_view begin) {
  const bool found = text.starts_with(begin);
  text.remove_prefix(found ? begin.size() : 0);
  return found;
}

// The text up to `end`, which is removed too; all of it if it does not have `end`.
std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::string_view taken = text.substr(0, text.find(end));
  text.remove_prefix(std::min(taken.size() + end.size(), text.size()));
  return taken;
}

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  return error == std::errc();
}

}  // namespace

std::vector<TierPart> parts_of(const Price& row, const Decimal& start, const Decimal& quantity,
                               std::vector<const Tier*>& used) {
  assert(!row.tiers.empty());
  std::vector<TierPart> parts;
  const Decimal end = start + quantity;
  for (const Tier& tier : row.tiers) {
    const Decimal from = std::max(start, tier.from);
    const Decimal to = tier.to ? std::min(end, *tier.to) : end;
    const bool holds_start = tier.from <= start && (!tier.to || start < *tier.to);
    if (from < to || (quantity.is_zero() && holds_start)) {
      parts.push_back({to - from, tier.price});
      used.push_back(&tier);
    }
  }
  return parts;
}

Decimal cost_of(const std::vector<TierPart>& parts) {
  Decimal cost;
  for (const TierPart& part : parts) {
    cost += part.quantity * part.price;
  }
  return cost;
}

std::string LadderNote::text() const {
  std::string text(kTiersOf);
  text.append(std::to_string(line)).append(kAfter).append(start.text()).append(kThisMonth);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text.append(i == 0 ? kPartsBegin : kPartsBetween);
    text.append(parts[i].quantity.text()).append(kAt).append(parts[i].price.text());
  }
  return text;
}

std::optional<LadderNote> ladder_note_of(std::string_view cost_note) {
  // What the program itself puts before the note, in this order.
  for (const std::string_view before :
       {kReversalNote, kRepriced, note_of(BilledAt::first_seen_finished),
        note_of(BilledAt::first_seen)}) {
    if (take(cost_note, before)) {
      take(cost_note, kNoteEnd);
    }
  }
  LadderNote note;
  if (!take(cost_note, kTiersOf) || !take_number(cost_note, note.line) ||
      !take(cost_note, kAfter)) {
    return std::nullopt;
  }
  try {
    std::string_view rest = take_until(cost_note, kNoteEnd);
    note.start = Decimal::from_text(take_until(rest, kThisMonth));
    take(rest, kPartsBegin);
    while (!rest.empty()) {
      std::string_view part = take_until(rest, kPartsBetween);
      const Decimal quantity = Decimal::from_text(take_until(part, kAt));
      note.parts.push_back({quantity, Decimal::from_text(part)});
    }
  } catch (const Error&) {
    return std::nullopt;  // somebody changed it
  }
  return note;
}

std::vector<LadderNote> ladder_notes_of(std::string_view resale_tiers) {
  std::vector<LadderNote> notes;
  while (!resale_tiers.empty()) {
    if (const std::optional<LadderNote> note = ladder_note_of(take_until(resale_tiers, kNoteEnd))) {
      notes.push_back(*note);
    }
  }
  return notes;
}

Decimal RunningPlaces::start(const Price& ladder, std::string_view day) {
  const std::string_view month = day.substr(0, kMonthLength);
  if (month != month_) {
    month_ = month;
    charged_.clear();
  }
  return charged_[ladder.line];
}

void RunningPlaces::charged(const Price& ladder, const Decimal& quantity) {
  charged_[ladder.line] += quantity;
}

}  // namespace core
