#include "core/billing/repricing.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "core/billing/adjusted_tasks.h"
#include "core/billing/recharge.h"

namespace core {
namespace {

// The line of a task in one set of corrections.
struct Corrected {
  std::optional<Charge> stood;  // what they reverse
  std::optional<Charge> now;    // what they add

  // `stands`: what was charged before all corrections, if that is known.
  [[nodiscard]] const std::optional<Charge>& result(const std::optional<Charge>& stands) const {
    return now || stood ? now : stands;
  }
};

// A line of the closed period in both sets of corrections.
struct Compared {
  std::string model;
  Corrected before;
  Corrected after;
};

using LineKey = std::tuple<std::string, std::string, LineKind>;  // account, task ID
using Comparison = std::map<LineKey, Compared>;

void compare(const std::vector<OwnedLine>& lines, Corrected Compared::*side, Comparison& compared) {
  for (const OwnedLine& line : lines) {
    Compared& one = compared[{line.task.account, line.task.task_id, line.charge.kind}];
    one.model = line.task.facts.model;
    Corrected& corrected = one.*side;
    (line.reversal ? corrected.stood : corrected.now) = line.charge;
    if (line.reversal && line.charge.cost) {
      corrected.stood->cost = -*line.charge.cost;
    }
  }
}

bool have_one_cost(const std::optional<Charge>& one, const std::optional<Charge>& other) {
  if (!one || !other) {
    return !one && !other;
  }
  return one->cost == other->cost &&
         (!one->cost || one->cost->is_zero() || one->currency == other->currency);
}

std::vector<ChangedCost> changes_of(const Comparison& compared) {
  std::vector<ChangedCost> changes;
  for (const auto& [key, one] : compared) {
    const std::optional<Charge>& stands = one.before.stood ? one.before.stood : one.after.stood;
    const std::optional<Charge>& before = one.before.result(stands);
    const std::optional<Charge>& after = one.after.result(stands);
    if (!have_one_cost(before, after)) {
      changes.push_back({one.model, before, after});
    }
  }
  return changes;
}

std::vector<OwnedLine> corrections_of(BillingSource& source, const std::vector<ClosedPeriod>& all,
                                      const ClosedPeriod& closed, const Period& shown_in) {
  std::vector<OwnedLine> lines =
      find_adjustments(source, all, {.begin = shown_in.begin, .end = shown_in.end, .videos = true});
  std::erase_if(lines, [&closed](const OwnedLine& line) { return line.incurred_in != closed.key; });
  return lines;
}

}  // namespace

Repricing try_prices(BillingSource& source, const ClosedPeriod& closed, const std::string& prices) {
  std::vector<ClosedPeriod> all = source.closed_periods();
  const auto own = std::find_if(all.begin(), all.end(),
                                [&closed](const auto& one) { return one.key == closed.key; });
  assert(own != all.end());
  Repricing result{.shown_in = adjusting_period(*own, all),
                   .unpriced_before = source.unpriced_lines(closed, LineScope::standing)};
  Comparison compared;
  own->later_prices = charged_by(source, closed);
  own->repriced = false;
  compare(corrections_of(source, all, closed, result.shown_in), &Compared::before, compared);
  own->later_prices = prices;
  own->repriced = true;
  result.lines = corrections_of(source, all, closed, result.shown_in);
  compare(result.lines, &Compared::after, compared);
  result.changes = changes_of(compared);
  return result;
}

}  // namespace core
