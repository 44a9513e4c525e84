#include "core/billing/resale.h"

#include <vector>

#include "core/billing/adjustments.h"
#include "core/error.h"

namespace core {
namespace {

// The task as it was priced: a reversal has negated counts, and a correction the time of the period
// in which it is shown. Where the time comes from is not frozen, so it must not be noted.
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

std::vector<Charge> charges_by(const ReportLine& line, const PriceBook& book,
                               const TimeZone& zone) {
  const Pricing pricing{.prices = &book};
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

}  // namespace

Resale resale_of(const ReportLine& line, const PriceBook& book, const TimeZone& zone) {
  Resale resale;
  if (is_charged_elsewhere(line.charge)) {
    resale.amount = Decimal();
    return resale;
  }
  add_up(charges_by(line, book, zone), resale);
  if (line.charge.kind != LineKind::main) {
    resale.amount = Decimal();
    resale.note = "in the first line of the task";
  } else if (resale.amount && line.reversal) {
    resale.amount = -*resale.amount;
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
    resale.note = "no margin between " + charge.currency + " and " + resale.currency;
    return;
  }
  resale.currency = resale.currency.empty() ? charge.currency : resale.currency;
  resale.margin = *resale.amount - *charge.cost;
}

}  // namespace core
