#include "core/billing/recharge.h"

#include <algorithm>
#include <utility>

namespace core {
namespace {

// A failure and a line without a cost have no place in any ladder. The first line of a task
// decides.
bool is_charged(const OwnedLine& line) {
  return line.charge.kind == LineKind::main && line.task.succeeded && line.charge.cost &&
         !is_charged_elsewhere(line.charge);
}

}  // namespace

std::optional<std::string> charged_by(BillingSource& source, const ClosedPeriod& closed) {
  std::optional<std::string> book;
  if (closed.prices) {
    book = PriceBook::without_terms(*closed.prices);
  }
  for (LaterBook& later : source.later_books(closed)) {
    if (later.carried_by != 0) {
      book = std::move(later.prices);
    }
  }
  return book;
}

RechargeOrder::RechargeOrder(BillingSource& source, const std::vector<ClosedPeriod>& closed,
                             const ClosedPeriod& period) {
  const auto lines = source.frozen_lines({.begin = period.period.end,
                                          .end = closed.back().period.end,
                                          .failures = false,
                                          .labels = false});
  for (OwnedLine line; !lines->at_end();) {
    lines->take(line);
    if (line.incurred_in == period.key && is_charged(line)) {
      add(line);
    }
  }
}

// In the report of a correction, the reversal of a line comes just before the new one: such a task
// keeps its place.
void RechargeOrder::add(const OwnedLine& line) {
  const Task task(line.task.account, line.task.task_id);
  if (line.reversal) {
    reversed_ = {task, line.task.billed_at};
  } else if (reversed_ != std::pair(task, line.task.billed_at)) {
    first_charged_[task] = line.task.billed_at;
  }
}

RechargeKey RechargeOrder::key(const std::vector<OwnedLine>& standing,
                               const FinishedTask& task) const {
  const bool charged = std::any_of(standing.begin(), standing.end(), is_charged);
  if (!charged) {
    return {true, {}, task.billed_at, task.task_id, task.account};
  }
  const auto later = first_charged_.find({task.account, task.task_id});
  return {false, later == first_charged_.end() ? UtcTime::min() : later->second,
          standing.front().incurred_at, task.task_id, task.account};
}

Decimal RechargedPlaces::start(const Price& ladder, std::string_view /*day*/) {
  return charged_[ladder.line];
}

void RechargedPlaces::charged(const Price& ladder, const Decimal& quantity) {
  charged_[ladder.line] += quantity;
}

}  // namespace core
