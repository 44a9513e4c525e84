#include "core/reconciliation.h"

#include <algorithm>

namespace core {

void Reconciliation::add_ours(const std::string& task_id, const std::string& unit,
                              const std::optional<Decimal>& amount) {
  Sides& sides = tasks_[{task_id, unit}];
  sides.is_ours = true;
  if (amount) {
    sides.ours = sides.ours.value_or(Decimal()) + *amount;
  } else {
    sides.ours_known = false;
  }
}

void Reconciliation::add_theirs(const std::string& task_id, const std::string& unit,
                                const Decimal& amount) {
  Sides& sides = tasks_[{task_id, unit}];
  sides.theirs = sides.theirs.value_or(Decimal()) + amount;
}

bool Reconciliation::is_ours(const std::string& task_id) const {
  for (auto at = tasks_.lower_bound({task_id, ""});
       at != tasks_.end() && at->first.first == task_id; ++at) {
    if (at->second.is_ours) {
      return true;
    }
  }
  return false;
}

std::optional<Reconciliation::Result> Reconciliation::compare(const Tasks::value_type& one) const {
  const Sides& sides = one.second;
  if (!sides.is_ours) {
    const bool refunded = sides.theirs->is_zero() && is_ours(one.first.first);
    return refunded ? std::nullopt : std::optional(Result::only_theirs);
  }
  if (unreadable_.contains(one.first.first)) {
    return Result::different;
  }
  if (!sides.theirs) {
    const bool free = sides.ours_known && sides.ours && sides.ours->is_zero();
    return free ? std::nullopt : std::optional(Result::only_ours);
  }
  const bool equal = sides.ours_known && sides.ours == sides.theirs;
  return equal ? std::nullopt : std::optional(Result::different);
}

std::vector<Reconciliation::Difference> Reconciliation::differences() const {
  std::vector<Difference> found;
  for (const auto& one : tasks_) {
    const auto& [key, sides] = one;
    if (const auto result = compare(one)) {
      found.push_back({.result = *result,
                       .task_id = key.first,
                       .unit = key.second,
                       .ours = sides.ours_known ? sides.ours : std::nullopt,
                       .theirs = unreadable_.contains(key.first) ? std::nullopt : sides.theirs});
    }
  }
  return found;
}

std::uint64_t Reconciliation::matched() const {
  return static_cast<std::uint64_t>(std::count_if(
      tasks_.begin(), tasks_.end(), [this](const auto& one) { return !compare(one); }));
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
