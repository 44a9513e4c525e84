#include "core/billing/billing.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/billing/label_filter.h"
#include "core/error.h"

namespace core {
namespace {

constexpr std::size_t kShaDigits = 12;
constexpr int kMillion = 6;  // as a power of ten
// A sum of costs has 38 digits. An absurd value in one answer must affect only its own line, not
// the whole report: within these bounds 100,000 lines cannot overflow, and no real price exceeds
// them.
constexpr long long kCostEnd = 1'000'000'000;
constexpr int kCostPlacesMax = 24;
constexpr std::string_view kSuperResolutionEnd = "-sr";
constexpr std::string_view kReversalEnd = "-reversal";
constexpr std::string_view kChargedUnder = "charged under account ";
constexpr std::string_view kRevision = "-r";

// The count that a unit is priced by; null: none.
constexpr FactText count_of(PriceUnit unit) {
  switch (unit) {
    case PriceUnit::second:
      return &TaskFacts::duration_seconds;
    case PriceUnit::output_second:
      return &TaskFacts::output_seconds;
    case PriceUnit::video:
      return &TaskFacts::video_count;
    case PriceUnit::mtoken:
      return &TaskFacts::completion_tokens;
    case PriceUnit::sr_mtoken:
      return &TaskFacts::super_resolution_tokens;
    case PriceUnit::unit:
      return &TaskFacts::units;
    case PriceUnit::credit:
      return &TaskFacts::credits;
    case PriceUnit::quota:
      return &TaskFacts::quota;
    case PriceUnit::input_second:
      return &TaskFacts::input_seconds;
    case PriceUnit::task:
    case PriceUnit::label:
      break;
  }
  return nullptr;
}

bool is_per_million(PriceUnit unit) {
  return unit == PriceUnit::mtoken || unit == PriceUnit::sr_mtoken;
}

void add_note(std::string& notes, std::string_view note) {
  notes += notes.empty() ? "" : "; ";
  notes += note;
}

void drop_end(std::string_view& line_id, std::string_view end) {
  if (line_id.ends_with(end)) {
    line_id.remove_suffix(end.size());
  }
}

// Removes "-r2" and so on at the end.
void drop_revision(std::string_view& line_id) {
  const std::size_t at = line_id.rfind(kRevision);
  if (at == std::string_view::npos) {
    return;
  }
  const std::string_view number = line_id.substr(at + kRevision.size());
  if (!number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos) {
    line_id.remove_suffix(line_id.size() - at);
  }
}

// In the unit of the row, as the task says it; none if it says no usable number.
std::optional<Decimal> stated_quantity(const Price& row, const FinishedTask& task,
                                       const PriceBook& book) {
  if (row.unit == PriceUnit::task) {
    return Decimal(1);
  }
  const FactText count = count_of(row.unit);
  auto quantity = Decimal::parse(count == nullptr ? label_value(task.labels, row.unit_label)
                                                  : std::string_view(task.facts.*count));
  if (!quantity || quantity->is_negative()) {
    return std::nullopt;
  }
  if (is_per_million(row.unit)) {
    return quantity->divided_by_power_of_ten(kMillion);
  }
  return row.unit == PriceUnit::quota ? *quantity * book.unit_of_quota() : *quantity;
}

std::string no_quantity(const Price& row) {
  const FactText count = count_of(row.unit);
  return count == nullptr ? "the label " + row.unit_label + " is not a usable number"
                          : "the answer has no usable " + std::string(fact_of(count).column);
}

// A quantity of 0 stays 0: nothing was used.
Decimal charged_quantity(const Decimal& stated, const Price& row, std::string& notes) {
  Decimal quantity = stated;
  if (stated.is_zero()) {
    return quantity;
  }
  if (row.round_up) {
    quantity = quantity.rounded_up_to(*row.round_up);
    if (quantity != stated) {
      add_note(notes, "quantity " + stated.text() + " rounded up");
    }
  }
  if (row.minimum && quantity < *row.minimum) {
    quantity = *row.minimum;
    add_note(notes, "minimum quantity");
  }
  return quantity;
}

void add_label_note(std::string& notes, const Price& row) {
  if (row.unit == PriceUnit::label) {
    add_note(notes, "quantity is the label " + row.unit_label);
  }
}

// What the columns of the line do not say. The text of the book has a word in front, so that it is
// never taken for a note of ours. `Row`: Price or Tier.
template <typename Row>
void add_price_notes(std::string& notes, const Row& row) {
  if (!row.discount.is_zero()) {
    add_note(notes, row.discount.text() + "% off " + row.list_price.text());
  }
  if (!row.note.empty()) {
    add_note(notes, "price note: " + row.note);
  }
}

// Whether a report can sum up the cost; else the note says why not.
bool may_cost(Charge& charge, const Decimal& cost) {
  const std::string failure = amount_failure(cost);
  if (!failure.empty()) {
    add_note(charge.cost_note, failure);
  }
  return failure.empty();
}

// What a ladder has charged is a part of each later line. So nothing counts there that a later line
// may not be able to state with all decimals.
bool has_too_many_decimals(const Decimal& quantity, const Price& ladder) {
  return std::any_of(ladder.tiers.begin(), ladder.tiers.end(), [&quantity](const Tier& tier) {
    return quantity.places() + tier.price.places() > kCostPlacesMax;
  });
}

// `notes`: of the quantity. The note of the ladder comes before all text of the book. Only a line
// with a cost counts in its ladder, so that an absurd value in one answer affects no other line.
void apply_ladder(Charge& charge, const Price& row, const std::string& day, LadderPlaces* places,
                  const std::string& notes) {
  if (places == nullptr) {
    add_note(charge.cost_note,
             "the price depends on what is charged in the month; a report has it");
    return;
  }
  if (has_too_many_decimals(*charge.quantity, row)) {
    add_note(charge.cost_note, "the amount may have more than " + std::to_string(kCostPlacesMax) +
                                   " decimals in a tier");
    return;
  }
  std::vector<const Tier*> used;
  LadderNote note{.line = row.line, .start = places->start(row, day)};
  std::vector<TierPart> parts = parts_of(row, note.start, *charge.quantity, used);
  const Decimal cost = cost_of(parts);
  if (!may_cost(charge, cost)) {
    return;
  }
  places->charged(row, *charge.quantity);
  if (parts.size() == 1) {
    charge.unit_price = parts.front().price;
  } else {
    note.parts = std::move(parts);
  }
  charge.cost = cost;
  add_note(charge.cost_note, note.text());
  if (!notes.empty()) {
    add_note(charge.cost_note, notes);
  }
  add_label_note(charge.cost_note, row);
  for (const Tier* tier : used) {
    add_price_notes(charge.cost_note, *tier);
  }
}

void apply_price(Charge& charge, const Price& row, const FinishedTask& task, const std::string& day,
                 const Pricing& pricing) {
  const bool is_ladder = !row.tiers.empty();
  charge.unit = row.unit;
  charge.unit_price = is_ladder ? std::nullopt : std::optional(row.price);
  charge.currency = row.currency;
  try {
    const auto quantity = stated_quantity(row, task, *pricing.prices);
    if (!quantity) {
      add_note(charge.cost_note, no_quantity(row));
      return;
    }
    if (is_ladder) {
      std::string notes;
      charge.quantity = charged_quantity(*quantity, row, notes);
      apply_ladder(charge, row, day, pricing.places, notes);
      return;
    }
    charge.quantity = charged_quantity(*quantity, row, charge.cost_note);
    add_label_note(charge.cost_note, row);
    add_price_notes(charge.cost_note, row);
    const Decimal cost = *charge.quantity * row.price;
    if (may_cost(charge, cost)) {
      charge.cost = cost;
    }
  } catch (const Error&) {
    add_note(charge.cost_note, "the amount has more than 38 digits");
  }
}

void apply_match(Charge& charge, const PriceMatch& match, const FinishedTask& task,
                 const std::string& day, const Pricing& pricing) {
  if (match.is_tied()) {
    add_note(charge.cost_note, "lines " + std::to_string(match.tied.front()) + " and " +
                                   std::to_string(match.tied.back()) +
                                   " of the price book fit equally well");
  } else if (match.row != nullptr) {
    apply_price(charge, *match.row, task, day, pricing);
  }
}

// The cost is known: it is 0, and equals quantity times price. It counts in no ladder.
void charge_elsewhere(Charge& charge, const FinishedTask& task) {
  charge.quantity = charge.unit ? std::optional(Decimal()) : std::nullopt;
  charge.cost = Decimal();
  charge.cost_note = std::string(kChargedUnder) + task.charged_under;
  if (const std::string_view note = note_of(task.billed_at_source); !note.empty()) {
    add_note(charge.cost_note, note);
  }
}

// A count of 0 means that nothing was enhanced.
bool is_enhanced(const TaskFacts& facts) {
  const auto tokens = Decimal::parse(facts.super_resolution_tokens);
  return tokens && !tokens->is_zero();
}

PricedTask priced_task(const FinishedTask& task, const TimeZone& zone) {
  return {.model = task.facts.model,
          .lines = picture_lines(task.facts.resolution),
          .generated_lines = picture_lines(generated_resolution(task.facts)),
          .day = zone.day(task.billed_at),
          .account = task.account,
          .facts = &task.facts,
          .labels = &task.labels};
}

}  // namespace

std::string_view note_of(BilledAt source) {
  switch (source) {
    case BilledAt::named:
      return {};
    case BilledAt::first_seen_finished:
      return "no finish time: billed when first seen finished";
    case BilledAt::first_seen:
      return "no submit time: placed when first seen";
  }
  return {};
}

std::string amount_failure(const Decimal& amount) {
  if (amount.places() > kCostPlacesMax) {
    return "the amount has more than " + std::to_string(kCostPlacesMax) + " decimals";
  }
  return amount < Decimal(kCostEnd) ? std::string()
                                    : "the amount is not below " + std::to_string(kCostEnd);
}

std::string line_id(std::int64_t snapshot, std::string_view raw_sha256, LineKind kind,
                    std::int64_t revision) {
  std::string id = std::to_string(snapshot);
  id += '-';
  id += raw_sha256.substr(0, kShaDigits);
  switch (kind) {
    case LineKind::main:
      break;
    case LineKind::super_resolution:
      id += kSuperResolutionEnd;
      break;
  }
  if (revision > 1) {
    (id += kRevision) += std::to_string(revision);
  }
  return id;
}

std::string reversal_id(std::string_view line_id) {
  return std::string(line_id) + std::string(kReversalEnd);
}

bool is_reversal_id(std::string_view line_id) { return line_id.ends_with(kReversalEnd); }

LineKind kind_of_line(std::string_view line_id) {
  drop_end(line_id, kReversalEnd);
  drop_revision(line_id);
  return line_id.ends_with(kSuperResolutionEnd) ? LineKind::super_resolution : LineKind::main;
}

std::optional<LineOrigin> origin_of_line(std::string_view line_id) {
  drop_end(line_id, kReversalEnd);
  drop_revision(line_id);
  drop_end(line_id, kSuperResolutionEnd);
  LineOrigin origin;
  const char* last = line_id.data() + line_id.size();
  const auto [stop, error] = std::from_chars(line_id.data(), last, origin.snapshot);
  if (error != std::errc() || origin.snapshot <= 0 || stop == last || *stop != '-') {
    return std::nullopt;
  }
  origin.sha256_begin.assign(stop + 1, last);
  if (origin.sha256_begin.size() != kShaDigits ||
      origin.sha256_begin.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  return origin;
}

bool is_charged_elsewhere(const Charge& charge) {
  std::string_view note = charge.cost_note;
  if (note.starts_with(kReversalNote)) {
    note.remove_prefix(kReversalNote.size());
    note.remove_prefix(note.starts_with("; ") ? 2 : 0);
  }
  return note.starts_with(kChargedUnder);
}

bool is_not_shown_as_refunded(const FinishedTask& task) {
  if (task.succeeded || task.facts.quota.empty()) {
    return false;
  }
  const auto quota = Decimal::parse(task.facts.quota);
  return quota && !quota->is_zero();
}

std::optional<Decimal> kept_quota(const FinishedTask& task) {
  return task.succeeded ? Decimal::parse(task.facts.quota) : Decimal();
}

// For a task that an earlier version recorded, the generated resolution may be unknown; the
// delivered one would be another price tier.
const std::string& generated_resolution(const TaskFacts& facts) {
  return facts.generation_resolution.empty() && !is_enhanced(facts) ? facts.resolution
                                                                    : facts.generation_resolution;
}

std::vector<Charge> charges_of(const FinishedTask& task, const Pricing& pricing,
                               const TimeZone& zone) {
  std::vector<Charge> charges(1);
  Charge& main = charges.front();
  main.line_id = line_id(task.snapshot, task.raw_sha256, LineKind::main);
  main.cost_note = note_of(task.billed_at_source);
  if (!task.succeeded) {
    main.cost = Decimal();
    std::string note = "failed";
    if (is_not_shown_as_refunded(task)) {
      add_note(note, "quota " + task.facts.quota + " is not shown as refunded");
    }
    if (!main.cost_note.empty()) {
      add_note(note, main.cost_note);
    }
    main.cost_note = std::move(note);
    return charges;
  }
  if (pricing.prices == nullptr) {
    add_note(main.cost_note, "no price book");
    if (!task.charged_under.empty()) {
      charge_elsewhere(main, task);
    }
    return charges;
  }
  const PricedTask priced = priced_task(task, zone);
  Pricing own_pricing = pricing;
  if (!task.charged_under.empty()) {
    own_pricing.places = nullptr;
  }
  const PriceMatch own = pricing.prices->find(priced);
  if (own.row == nullptr && !own.is_tied()) {
    add_note(main.cost_note, describe(pricing.prices->gap(priced)));
  }
  apply_match(main, own, task, priced.day, own_pricing);
  const PriceMatch beside = pricing.prices->find_super_resolution(priced);
  if ((beside.row != nullptr || beside.is_tied()) && !task.facts.super_resolution_tokens.empty()) {
    Charge extra;
    extra.kind = LineKind::super_resolution;
    extra.line_id = line_id(task.snapshot, task.raw_sha256, LineKind::super_resolution);
    apply_match(extra, beside, task, priced.day, own_pricing);
    charges.push_back(std::move(extra));
  }
  if (!task.charged_under.empty()) {
    for (Charge& charge : charges) {
      charge_elsewhere(charge, task);
    }
  }
  return charges;
}

}  // namespace core
