#include "core/billing/ladder_check.h"

#include <algorithm>
#include <optional>
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

// Adds the book if it has ladders. That somebody changed a book is found by its hash.
void add_ladders(const std::string& prices, std::vector<PriceBook>& books) {
  try {
    PriceBook book = PriceBook::parse(prices, "of the closed period");
    if (book.has_ladders()) {
      books.push_back(std::move(book));
    }
  } catch (const UsageError&) {
    return;
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

const LadderCheck::Books& LadderCheck::books_of(std::int64_t period) {
  const auto [books, is_new] = books_.try_emplace(period);
  const auto found = std::find_if(closed_.begin(), closed_.end(),
                                  [period](const auto& one) { return one.key == period; });
  if (!is_new || found == closed_.end()) {
    return books->second;
  }
  if (found->prices) {
    add_ladders(*found->prices, books->second);
  }
  if (period != own_) {  // the lines of a period itself are never charged anew
    for (const std::string& later : later_books_(*found)) {
      add_ladders(later, books->second);
    }
  }
  return books->second;
}

std::string LadderCheck::check(const ReportLine& line) {
  const Books& books = books_of(line.incurred_in);
  const std::optional<LadderNote> note =
      books.empty() ? std::nullopt : ladder_note_of(line.charge.cost_note);
  if (!note) {
    return "";
  }
  const bool proved = std::any_of(books.begin(), books.end(), [&](const PriceBook& book) {
    const Price* ladder = ladder_at(book, note->line);
    return ladder != nullptr && follows(line.charge, *note, *ladder);
  });
  if (!proved) {
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
