#include "core/billing/ladder_check.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace core {
namespace {

const Price* ladder_at(const PriceBook& book, std::uint64_t line) {
  const auto found = std::find_if(book.rows().begin(), book.rows().end(), [line](const Price& row) {
    return row.line == line && !row.tiers.empty();
  });
  return found == book.rows().end() ? nullptr : &*found;
}

// None if the book has no ladders. That somebody changed a book is found by its hash.
std::optional<PriceBook> ladders_of(const std::string& prices) {
  try {
    PriceBook book = PriceBook::parse(prices, "of the closed period");
    return book.has_ladders() ? std::optional(std::move(book)) : std::nullopt;
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

bool are_same(const std::vector<TierPart>& one, const std::vector<TierPart>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const TierPart& left, const TierPart& right) {
                      return left.quantity == right.quantity && left.price == right.price;
                    });
}

Decimal without_sign(const Decimal& number) { return number.is_negative() ? -number : number; }

// Whether unit, price and cost are those of the ladder from the stated start on.
bool follows(const Charge& charge, const LadderNote& note, const Price& ladder) {
  if (!charge.quantity || !charge.cost || charge.unit != ladder.unit ||
      charge.currency != ladder.currency || note.start.is_negative()) {
    return false;
  }
  std::vector<const Tier*> used;
  const std::vector<TierPart> parts =
      parts_of(ladder, note.start, without_sign(*charge.quantity), used);
  const bool priced = parts.size() == 1
                          ? note.parts.empty() && charge.unit_price == parts.front().price
                          : !charge.unit_price && are_same(parts, note.parts);
  return priced && without_sign(*charge.cost) == cost_of(parts) &&
         charge.cost->is_negative() <= charge.quantity->is_negative();
}

}  // namespace

const PriceBook* LadderCheck::book_of(std::int64_t period) {
  auto known = books_.find(period);
  if (known == books_.end()) {
    known = books_.emplace(period, std::nullopt).first;
    const auto found = std::find_if(closed_.begin(), closed_.end(),
                                    [period](const auto& one) { return one.key == period; });
    if (found != closed_.end() && found->prices) {
      known->second = ladders_of(*found->prices);
    }
  }
  return known->second ? &*known->second : nullptr;
}

std::string LadderCheck::check(const ReportLine& line) {
  const PriceBook* book = book_of(line.incurred_in);
  const std::optional<LadderNote> note =
      book == nullptr ? std::nullopt : ladder_note_of(line.charge.cost_note);
  if (!note) {
    return "";
  }
  const Price* ladder = ladder_at(*book, note->line);
  if (ladder == nullptr || !follows(line.charge, *note, *ladder)) {
    return "its cost is not what the tiers of its price book give";
  }
  if (line.corrects() || line.incurred_in != own_) {
    return "";
  }
  Decimal& charged = charged_[note->line];
  if (note->start != charged) {
    return "it begins after " + note->start.text() +
           " in its tiers, and the lines before it end at " + charged.text();
  }
  charged += *line.charge.quantity;
  return "";
}

}  // namespace core
