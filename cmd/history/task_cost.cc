#include "cmd/history/task_cost.h"

#include "cmd/history/view_row.h"
#include "core/billing/adjustments.h"
#include "core/billing/billing.h"
#include "core/billing/billing_source.h"
#include "core/billing/line_terms.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

std::string text_of(const core::Charge& charge) {
  std::string text =
      charge.cost ? charge.cost->text() + " " + charge.currency : "unknown: " + charge.cost_note;
  if (charge.kind == core::LineKind::super_resolution) {
    text += " for super resolution";
  }
  return core::printable(text, kCellShownMax);
}

}  // namespace

std::vector<std::string> costs_of(const std::string& ledger, const core::PriceBook* prices,
                                  core::TaskKey task) {
  const auto source = storage::open_billing_source(ledger);
  std::vector<std::string> costs;
  const std::vector<core::ClosedPeriod> closed = source->closed_periods();
  const core::TimeZone utc("UTC");
  const core::Pricing as_closed;
  core::LineTerms terms(closed, as_closed, utc);
  for (const core::OwnedLine& line : source->standing_lines(task)) {
    costs.push_back(text_of(terms.apply(line.view()).charge) + " (closed)");
  }
  core::FinishedTask finished;
  if (!costs.empty() || prices == nullptr || !source->find_task(task, finished)) {
    return costs;
  }
  const core::Pricing pricing{.prices = prices};
  for (const core::Charge& charge : core::charges_of(finished, pricing, utc)) {
    costs.push_back(text_of(charge));
  }
  return costs;
}

}  // namespace cmd
