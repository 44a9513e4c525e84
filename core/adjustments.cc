#include "core/adjustments.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace core {
namespace {

// "8" is taken back by "-8". What is no number cannot be summed up, so there is nothing to undo.
void negate(std::string& count) {
  const auto value = Decimal::parse(count);
  if (!value) {
    count.clear();
  } else if (!value->is_zero()) {
    count = (-*value).text();
  }
}

void negate(std::optional<Decimal>& amount) {
  if (amount) {
    amount = -*amount;
  }
}

// "5" and "5.0" are one count.
bool is_same_count(const std::string& left, const std::string& right) {
  if (left == right) {
    return true;
  }
  const auto one = Decimal::parse(left);
  return one && one == Decimal::parse(right);
}

bool have_same_usage(const TaskFacts& left, const TaskFacts& right) {
  return left.model == right.model && left.action == right.action &&
         left.resolution == right.resolution && left.ratio == right.ratio &&
         std::all_of(kCounts.begin(), kCounts.end(),
                     [&](const auto count) { return is_same_count(left.*count, right.*count); });
}

auto amounts(const Charge& charge) {
  return std::tie(charge.kind, charge.unit, charge.quantity, charge.unit_price, charge.currency,
                  charge.cost);
}

bool says_the_same(const std::vector<OwnedLine>& standing, const TaskNow& now) {
  const FinishedTask& frozen = standing.front().task;
  if (frozen.snapshot == now.task.snapshot) {
    return true;
  }
  if (frozen.succeeded != now.task.succeeded || standing.size() != now.charges.size() ||
      !have_same_usage(frozen.facts, now.task.facts)) {
    return false;
  }
  for (std::size_t i = 0; i < standing.size(); ++i) {
    if (amounts(standing[i].charge) != amounts(now.charges[i])) {
      return false;
    }
  }
  return true;
}

// The line of the same kind, else the main one.
const std::string& corrected_line(const std::vector<OwnedLine>& standing, LineKind kind) {
  for (const OwnedLine& line : standing) {
    if (line.charge.kind == kind) {
      return line.charge.line_id;
    }
  }
  return standing.front().charge.line_id;
}

}  // namespace

OwnedLine reversal_of(const OwnedLine& line, UtcTime at) {
  OwnedLine reversal = line;
  reversal.reversal = true;
  reversal.adjusts = line.charge.line_id;
  reversal.task.billed_at = at;
  for (const auto count : kCounts) {
    negate(reversal.task.facts.*count);
  }
  Charge& charge = reversal.charge;
  charge.line_id = reversal_id(line.charge.line_id);
  negate(charge.quantity);
  negate(charge.cost);
  charge.cost_note.insert(0, charge.cost_note.empty() ? "" : "; ").insert(0, kReversalNote);
  return reversal;
}

std::vector<OwnedLine> adjustments_of(const std::vector<OwnedLine>& standing, const TaskNow& now,
                                      const Correction& correction) {
  std::vector<OwnedLine> lines;
  if (!standing.empty() && says_the_same(standing, now)) {
    return lines;
  }
  for (const OwnedLine& line : standing) {
    lines.push_back(reversal_of(line, correction.at));
  }
  for (const Charge& charge : now.charges) {
    OwnedLine line{.task = now.task, .charge = charge};
    line.task.billed_at = correction.at;
    line.adjusts =
        standing.empty() ? correction.closed_period : corrected_line(standing, charge.kind);
    line.incurred_in = correction.incurred_in;
    line.incurred_at = standing.empty() ? now.task.billed_at : standing.front().incurred_at;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace core
