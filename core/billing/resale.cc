#include "core/billing/resale.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/billing/adjustments.h"
#include "core/error.h"

namespace core {
namespace {

std::vector<Charge> charges_by(const ReportLine& line, const PriceBook& book, const TimeZone& zone,
                               LadderPlaces& places) {
  const Pricing pricing{.prices = &book, .places = &places};
  const bool as_it_is =
      !line.reversal && !line.corrects() && line.task.billed_at_source == BilledAt::named;
  return as_it_is ? charges_of(line.task, pricing, zone)
                  : charges_of(priced_again(line), pricing, zone);
}

// Adds up the charges of a task; the reason in `note` if that is not possible.
void add_up(const std::vector<Charge>& charges, Resale& resale) {
  Decimal sum;
  for (const Charge& charge : charges) {
    if (!charge.cost) {
      resale.note = charge.cost_note;
      return;
    }
    if (!charge.currency.empty() && !resale.currency.empty() &&
        charge.currency != resale.currency) {
      resale.note = "the resale book charges it in " + resale.currency + " and " + charge.currency;
      return;
    }
    resale.currency = resale.currency.empty() ? charge.currency : resale.currency;
    sum += *charge.cost;
  }
  if (std::string failure = amount_failure(sum); !failure.empty()) {
    resale.note = std::move(failure);
    return;
  }
  resale.amount = sum;
}

// Keeps what ladders charge, until it is known that the whole task has a price.
class TriedPlaces final : public LadderPlaces {
 public:
  explicit TriedPlaces(LadderPlaces& places) : places_(places) {}

  [[nodiscard]] Decimal start(const Price& ladder, std::string_view day) override {
    return places_.start(ladder, day);
  }
  void charged(const Price& ladder, const Decimal& quantity) override {
    charged_.emplace_back(&ladder, quantity);
  }
  void keep() {
    for (const auto& [ladder, quantity] : charged_) {
      places_.charged(*ladder, quantity);
    }
  }

 private:
  LadderPlaces& places_;
  std::vector<std::pair<const Price*, Decimal>> charged_;
};

void append_note(std::string& notes, const std::string& note) {
  notes += notes.empty() || note.empty() ? "" : "; ";
  notes += note;
}

// The notes of the ladders that charge a task, with all parts.
std::string tiers_text(const std::vector<Charge>& charges) {
  std::string text;
  for (const Charge& charge : charges) {
    std::optional<LadderNote> note = ladder_note_of(charge.cost_note);
    if (note && note->parts.empty()) {
      note->parts.push_back({*charge.quantity, *charge.unit_price});
    }
    if (note) {
      append_note(text, note->text());
    }
  }
  return text;
}

}  // namespace

// Where the time comes from is not frozen, so it must not be noted.
FinishedTask priced_again(const ReportLine& line) {
  FinishedTask task = line.task;
  if (line.reversal) {
    negate_counts(task.facts);
  }
  if (line.corrects()) {
    task.billed_at = line.incurred_at;
  }
  task.billed_at_source = BilledAt::named;
  return task;
}

Decimal NotedPlaces::start(const Price& ladder, std::string_view /*day*/) {
  const auto found = std::find_if(notes_.begin(), notes_.end(), [&ladder](const LadderNote& note) {
    return note.line == ladder.line;
  });
  lack_one_ = lack_one_ || found == notes_.end();
  return found == notes_.end() ? Decimal() : found->start;
}

void NotedPlaces::charged(const Price& /*ladder*/, const Decimal& /*quantity*/) {}

std::string resale_tiers_of(const FinishedTask& task, const std::vector<Charge>& charges,
                            const PriceBook& book, const TimeZone& zone, LadderPlaces& places) {
  if (!task.succeeded || is_charged_elsewhere(charges.front())) {
    return "";
  }
  TriedPlaces tried(places);
  FinishedTask sold = task;
  sold.billed_at_source = BilledAt::named;
  const std::vector<Charge> by_book = charges_of(sold, {.prices = &book, .places = &tried}, zone);
  Resale resale;
  add_up(by_book, resale);
  if (!resale.amount) {
    return "";
  }
  tried.keep();
  return tiers_text(by_book);
}

Resale resale_of(const ReportLine& line, const PriceBook& book, const TimeZone& zone) {
  Resale resale;
  if (is_charged_elsewhere(line.charge)) {
    resale.amount = Decimal();
    return resale;
  }
  NotedPlaces places(line.charge.resale_tiers);
  add_up(charges_by(line, book, zone, places), resale);
  if (line.charge.kind != LineKind::main) {
    resale.amount = Decimal();
    resale.note = "in the first line of the task";
  } else if (resale.amount && places.lack_one()) {
    resale = {};
    resale.note = "the price depends on what is charged in its month, which was closed without it";
  } else if (resale.amount) {
    resale.amount = line.reversal ? -*resale.amount : *resale.amount;
    resale.note = line.charge.resale_tiers;
  }
  return resale;
}

void set_margin(Resale& resale, const Charge& charge) {
  if (!resale.amount || !charge.cost) {
    return;
  }
  const bool one_currency =
      resale.currency == charge.currency || resale.amount->is_zero() || charge.cost->is_zero();
  if (!one_currency) {
    append_note(resale.note, "no margin between " + charge.currency + " and " + resale.currency);
    return;
  }
  resale.currency = resale.currency.empty() ? charge.currency : resale.currency;
  resale.margin = *resale.amount - *charge.cost;
}

}  // namespace core
