#include "core/billing/repricing.h"

#include <algorithm>
#include <cassert>

#include "core/billing/adjusted_tasks.h"

namespace core {

Repricing try_prices(BillingSource& source, const ClosedPeriod& closed, const std::string& prices) {
  std::vector<ClosedPeriod> all = source.closed_periods();
  const auto own = std::find_if(all.begin(), all.end(),
                                [&closed](const auto& one) { return one.key == closed.key; });
  assert(own != all.end());
  own->later_prices = prices;
  own->repriced = true;
  Repricing result{.shown_in = adjusting_period(*own, all),
                   .unpriced_before = source.unpriced_lines(closed, LineScope::standing)};
  result.lines = find_adjustments(
      source, all, {.begin = result.shown_in.begin, .end = result.shown_in.end, .videos = true});
  std::erase_if(result.lines,
                [&closed](const OwnedLine& line) { return line.incurred_in != closed.key; });
  return result;
}

}  // namespace core
