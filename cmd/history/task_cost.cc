#include "cmd/history/task_cost.h"

#include <algorithm>

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

// What is behind the cost of a closed line: other prices, or a further answer, may correct it in a
// period that is still open.
std::string standing_text(const core::OwnedLine& line, const core::FinishedTask* now,
                          const std::vector<core::ClosedPeriod>& closed) {
  const auto own = std::find_if(closed.begin(), closed.end(),
                                [&line](const auto& one) { return one.key == line.incurred_in; });
  if (now == nullptr || own == closed.end()) {
    return " (closed)";
  }
  const std::string corrections =
      "; any corrections are in " + core::adjusting_period(*own, closed).name + ")";
  if (own->repriced) {
    return " (closed, then " + own->period.name + " was repriced" + corrections;
  }
  return now->snapshot == line.task.snapshot ? " (closed)"
                                             : " (closed, then answered anew" + corrections;
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
  core::FinishedTask finished;
  const bool found = source->find_task(task, finished);
  for (const core::OwnedLine& line : source->standing_lines(task)) {
    costs.push_back(text_of(terms.apply(line.view()).charge) +
                    standing_text(line, found ? &finished : nullptr, closed));
  }
  if (!costs.empty() || prices == nullptr || !found) {
    return costs;
  }
  const core::Pricing pricing{.prices = prices};
  for (const core::Charge& charge : core::charges_of(finished, pricing, utc)) {
    costs.push_back(text_of(charge));
  }
  return costs;
}

}  // namespace cmd
