#include "core/billing/reconciliation.h"

#include <algorithm>

namespace core {

void Reconciliation::Side::add(const std::optional<Decimal>& more, bool takes_back) {
  is_there = true;
  if (!more) {
    unknown += takes_back ? -1 : 1;
  }
  amount += more.value_or(Decimal());
}

std::optional<Decimal> Reconciliation::Side::known() const {
  return is_there && is_known() ? std::optional(amount) : std::nullopt;
}

// A side without a line in this unit charges nothing in it.
bool Reconciliation::Unit::matches() const {
  return ours.is_known() == theirs.is_known() && ours.amount == theirs.amount;
}

bool Reconciliation::Task::has_ours() const {
  return std::any_of(units.begin(), units.end(),
                     [](const auto& one) { return one.second.ours.is_there; });
}

bool Reconciliation::Task::has_theirs() const {
  return is_unreadable || std::any_of(units.begin(), units.end(),
                                      [](const auto& one) { return one.second.theirs.is_there; });
}

bool Reconciliation::Task::is_free() const {
  return std::all_of(units.begin(), units.end(), [](const auto& one) {
    return one.second.ours.is_known() && one.second.ours.amount.is_zero();
  });
}

bool Reconciliation::Task::matches() const {
  if (is_unreadable || !has_ours()) {
    return false;
  }
  return has_theirs() ? std::all_of(units.begin(), units.end(),
                                    [](const auto& one) { return one.second.matches(); })
                      : is_free();
}

Reconciliation::Result Reconciliation::Task::result() const {
  if (!has_ours()) {
    return Result::only_theirs;
  }
  return has_theirs() ? Result::different : Result::only_ours;
}

void Reconciliation::add_ours(const std::string& task_id, const std::string& unit,
                              const std::optional<Decimal>& amount, bool takes_back) {
  tasks_[task_id].units[unit].ours.add(amount, takes_back);
}

void Reconciliation::add_theirs(const std::string& task_id, const std::string& unit,
                                const std::optional<Decimal>& amount, bool takes_back) {
  tasks_[task_id].units[unit].theirs.add(amount, takes_back);
}

std::vector<Reconciliation::Difference> Reconciliation::differences() const {
  std::vector<Difference> found;
  for (const auto& [task_id, task] : tasks_) {
    if (task.matches()) {
      continue;
    }
    const Result result = task.result();
    for (const auto& [unit, sides] : task.units) {
      if (result == Result::different && !task.is_unreadable && sides.matches()) {
        continue;
      }
      found.push_back({.result = result,
                       .task_id = task_id,
                       .unit = unit,
                       .ours = sides.ours.known(),
                       .theirs = task.is_unreadable ? std::nullopt : sides.theirs.known()});
    }
  }
  return found;
}

Reconciliation::Counts Reconciliation::counts() const {
  Counts counts;
  for (const auto& [task_id, task] : tasks_) {
    if (task.units.empty()) {
      continue;  // an unreadable row for a task that we do not have
    }
    if (task.matches()) {
      ++counts.matched;
      counts.without_amount +=
          std::any_of(task.units.begin(), task.units.end(),
                      [](const auto& one) { return !one.second.ours.is_known(); })
              ? 1
              : 0;
      continue;
    }
    switch (task.result()) {
      case Result::only_ours:
        ++counts.only_ours;
        break;
      case Result::only_theirs:
        ++counts.only_theirs;
        break;
      case Result::different:
        ++counts.different;
        break;
    }
  }
  return counts;
}

const char* name(Reconciliation::Result result) {
  switch (result) {
    case Reconciliation::Result::only_ours:
      return "only_ours";
    case Reconciliation::Result::only_theirs:
      return "only_theirs";
    case Reconciliation::Result::different:
      return "different";
  }
  return "";
}

}  // namespace core
