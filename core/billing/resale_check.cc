#include "core/billing/resale_check.h"

#include <algorithm>
#include <utility>

#include "core/billing/resale.h"

namespace core {

const ResaleCheck::Sold* ResaleCheck::sold_by(std::int64_t period) {
  const auto [sold, is_new] = sold_.try_emplace(period);
  const auto found = std::find_if(closed_.begin(), closed_.end(),
                                  [period](const auto& one) { return one.key == period; });
  if (is_new && found != closed_.end()) {
    Terms terms = terms_of(found->prices.value_or(""));
    if (terms.resale && terms.resale->book.has_ladders()) {
      sold->second = Sold{std::move(terms), TimeZone(found->zone)};
    }
  }
  return sold->second ? &*sold->second : nullptr;
}

std::string ResaleCheck::check(const ReportLine& line) {
  const std::string& stated = line.charge.resale_tiers;
  if (stated.empty()) {
    return "";
  }
  const Sold* sold = sold_by(line.incurred_in);
  if (sold == nullptr || line.charge.kind != LineKind::main) {
    return "it has a place in a resale book that gives it none";
  }
  NotedPlaces places(stated);
  const std::string proved = resale_tiers_of(priced_again(line), {line.charge},
                                             sold->terms.resale->book, sold->zone, places);
  if (proved != stated || places.lack_one()) {
    return "its resale is not what the tiers of its resale book give";
  }
  if (line.corrects() || line.incurred_in != own_) {
    return "";
  }
  for (const LadderNote& note : ladder_notes_of(stated)) {
    Decimal& charged = charged_[note.line];
    if (note.start != charged) {
      return "it begins after " + note.start.text() +
             " in the tiers of its resale book, and the lines before it end at " + charged.text();
    }
    for (const TierPart& part : note.parts) {
      charged += part.quantity;
    }
  }
  return "";
}

}  // namespace core
