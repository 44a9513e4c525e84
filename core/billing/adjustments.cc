#include "core/billing/adjustments.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace core {
namespace {

// "8" is reversed by "-8". A text that is not a number is in no sum, so it stays.
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

// "5" and "5.0" are the same count.
bool is_same_count(const std::string& left, const std::string& right) {
  if (left == right) {
    return true;
  }
  const auto one = Decimal::parse(left);
  return one && one == Decimal::parse(right);
}

bool is_same(const TaskFacts& left, const TaskFacts& right, const Fact& fact) {
  if (const FactTime* time = std::get_if<FactTime>(&fact.member)) {
    return left.**time == right.**time;
  }
  const FactText text = std::get<FactText>(fact.member);
  return fact.kind == FactKind::count ? is_same_count(left.*text, right.*text)
                                      : left.*text == right.*text;
}

bool have_same_usage(const TaskFacts& left, const TaskFacts& right) {
  return std::all_of(kFacts.begin(), kFacts.end(), [&](const Fact& fact) {
    return fact.change == FactChange::corrects_nothing || is_same(left, right, fact);
  });
}

// The same snapshot means the same usage, even if the task's row has changed.
bool says_the_same(const FinishedTask& frozen, const FinishedTask& now) {
  return frozen.snapshot == now.snapshot ||
         (frozen.succeeded == now.succeeded && have_same_usage(frozen.facts, now.facts));
}

auto amounts(const Charge& charge) {
  return std::tie(charge.kind, charge.unit, charge.quantity, charge.unit_price, charge.currency,
                  charge.cost);
}

bool charges_the_same(const std::vector<OwnedLine>& standing, const TaskNow& now) {
  if (standing.front().task.snapshot == now.task.snapshot) {
    return true;
  }
  if (standing.size() != now.charges.size()) {
    return false;
  }
  for (std::size_t i = 0; i < standing.size(); ++i) {
    if (amounts(standing[i].charge) != amounts(now.charges[i])) {
      return false;
    }
  }
  return true;
}

const OwnedLine* line_of(const std::vector<OwnedLine>& standing, LineKind kind) {
  const auto found = std::find_if(standing.begin(), standing.end(), [kind](const OwnedLine& line) {
    return line.charge.kind == kind;
  });
  return found == standing.end() ? nullptr : &*found;
}

// A line of `now` that corrects the line of the same kind, else the main line.
OwnedLine new_line(const std::vector<OwnedLine>& standing, const TaskNow& now, const Charge& charge,
                   const Correction& correction) {
  OwnedLine line{.task = now.task, .charge = charge, .incurred_in = correction.incurred_in};
  line.incurred_at = standing.empty() ? now.task.billed_at : standing.front().incurred_at;
  line.task.billed_at = correction.at;
  const OwnedLine* corrected = line_of(standing, charge.kind);
  line.adjusts = standing.empty()       ? correction.closed_period
                 : corrected != nullptr ? corrected->charge.line_id
                                        : standing.front().charge.line_id;
  return line;
}

// Other prices may result in the same amount.
bool costs_the_same(const Charge& left, const Charge& right) {
  return left.cost == right.cost &&
         (!left.cost || left.cost->is_zero() || left.currency == right.currency);
}

// Whether other prices leave the line as it is. A line of a ladder moves with its place and with
// what it adds to the ladder, which may cost nothing, so that the lines that stand always are those
// of the newest prices.
bool stays(const Charge& charge, const Charge& stood) {
  const std::optional<LadderNote> note = ladder_note_of(charge.cost_note);
  if (!note) {
    return costs_the_same(charge, stood);
  }
  const std::optional<LadderNote> before = ladder_note_of(stood.cost_note);
  return amounts(charge) == amounts(stood) && before && before->text() == note->text();
}

void note_repricing(OwnedLine& line) {
  line.repriced = true;
  std::string& note = line.charge.cost_note;
  if (!note.starts_with(kRepriced)) {
    note.insert(0, std::string(kRepriced).append(note.empty() ? "" : "; "));
  }
}

std::vector<OwnedLine> repriced_lines(const std::vector<OwnedLine>& standing, const TaskNow& now,
                                      const Correction& correction) {
  std::vector<OwnedLine> lines;
  for (const OwnedLine& line : standing) {
    const bool stands =
        std::any_of(now.charges.begin(), now.charges.end(), [&line](const Charge& charge) {
          return charge.kind == line.charge.kind && stays(charge, line.charge);
        });
    if (!stands) {
      OwnedLine noted = line;
      note_repricing(noted);
      lines.push_back(reversal_of(noted, correction.at));
    }
  }
  for (const Charge& charge : now.charges) {
    const OwnedLine* stood = line_of(standing, charge.kind);
    if (stood == nullptr || !stays(charge, stood->charge)) {
      note_repricing(lines.emplace_back(new_line(standing, now, charge, correction)));
    }
  }
  return lines;
}

}  // namespace

FinishedTask charged_task(const std::vector<OwnedLine>& standing, FinishedTask now) {
  if (standing.empty() || standing.front().task.snapshot != now.snapshot) {
    return now;
  }
  FinishedTask task = standing.front().task;
  task.billed_at = standing.front().incurred_at;
  task.billed_at_source = now.billed_at_source;
  task.charged_under = now.charged_under;
  return task;
}

void negate_counts(TaskFacts& facts) {
  for (const auto count : kCounts) {
    negate(facts.*count);
  }
}

OwnedLine reversal_of(const OwnedLine& line, UtcTime at) {
  OwnedLine reversal = line;
  reversal.reversal = true;
  reversal.adjusts = line.charge.line_id;
  reversal.reversed_at = line.task.billed_at;
  reversal.task.billed_at = at;
  negate_counts(reversal.task.facts);
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
  if (!standing.empty() && says_the_same(standing.front().task, now.task)) {
    if (correction.repriced) {
      return repriced_lines(standing, now, correction);
    }
    if (charges_the_same(standing, now)) {
      return lines;
    }
  }
  for (const OwnedLine& line : standing) {
    lines.push_back(reversal_of(line, correction.at));
  }
  for (const Charge& charge : now.charges) {
    lines.push_back(new_line(standing, now, charge, correction));
  }
  return lines;
}

}  // namespace core
