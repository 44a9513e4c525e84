#include "core/billing/reconciliation.h"

#include <algorithm>
#include <cassert>
#include <map>

namespace core {
namespace {

using Counts = Reconciliation::Counts;
using Difference = Reconciliation::Difference;
using Result = Reconciliation::Result;

// What one line says, as it is sorted: the task, the unit, who says it, the amount.
constexpr char kEnd = '\0';
enum class Says : char { ours = 'o', theirs = 't', unreadable = 'u' };
constexpr std::string_view kUnknown = "-";
constexpr std::string_view kTakenBack = "+";  // a line without an amount

std::string line_of(std::string_view task_id, std::string_view unit, Says who,
                    const std::optional<Decimal>& amount, bool takes_back) {
  assert(task_id.find(kEnd) == std::string_view::npos && unit.find(kEnd) == std::string_view::npos);
  std::string line;
  line.reserve(task_id.size() + unit.size() + 32);
  line.append(task_id).append(1, kEnd).append(unit).append(1, kEnd);
  line += static_cast<char>(who);
  line += amount ? amount->text() : std::string(takes_back ? kTakenBack : kUnknown);
  return line;
}

struct Line {
  std::string_view task_id;
  std::string_view unit;
  Says who;
  std::string_view amount;

  explicit Line(std::string_view text) {
    const std::size_t id_end = text.find(kEnd);
    const std::size_t unit_end = text.find(kEnd, id_end + 1);
    task_id = text.substr(0, id_end);
    unit = text.substr(id_end + 1, unit_end - id_end - 1);
    who = static_cast<Says>(text[unit_end + 1]);
    amount = text.substr(unit_end + 2);
  }
};

struct Side {
  bool is_there = false;
  std::int64_t unknown = 0;  // lines without an amount, minus those reversed
  Decimal amount;

  void add(std::string_view text) {
    is_there = true;
    if (text == kUnknown || text == kTakenBack) {
      unknown += text == kUnknown ? 1 : -1;
    } else {
      amount += Decimal::from_text(text);
    }
  }
  [[nodiscard]] bool is_known() const { return unknown <= 0; }
  [[nodiscard]] std::optional<Decimal> known() const {
    return is_there && is_known() ? std::optional(amount) : std::nullopt;
  }
};

struct Unit {
  Side ours;
  Side theirs;
  // A side without a line in this unit charges nothing in it.
  [[nodiscard]] bool matches(const Decimal& tolerance) const {
    const Decimal difference = ours.amount - theirs.amount;
    return ours.is_known() == theirs.is_known() &&
           (difference.is_negative() ? -difference : difference) <= tolerance;
  }
};

// All lines of one task.
class Task {
 public:
  explicit Task(const Decimal& tolerance) : tolerance_(tolerance) {}
  void add(const Line& line) {
    if (line.who == Says::unreadable) {
      is_unreadable_ = true;
      return;
    }
    Unit& unit = units_[std::string(line.unit)];
    (line.who == Says::ours ? unit.ours : unit.theirs).add(line.amount);
  }
  void count(Counts& counts) const;
  void tell(const std::string& task_id, const Reconciliation::Visit& visit) const;

 private:
  [[nodiscard]] bool has_ours() const;
  [[nodiscard]] bool has_theirs() const;
  [[nodiscard]] bool is_free() const;  // we have the task, and it costs nothing
  [[nodiscard]] bool matches() const;
  [[nodiscard]] Result result() const;  // for a unit that does not match

  const Decimal& tolerance_;
  bool is_unreadable_ = false;
  std::map<std::string, Unit> units_;
};

bool Task::has_ours() const {
  return std::any_of(units_.begin(), units_.end(),
                     [](const auto& one) { return one.second.ours.is_there; });
}

bool Task::has_theirs() const {
  return is_unreadable_ || std::any_of(units_.begin(), units_.end(),
                                       [](const auto& one) { return one.second.theirs.is_there; });
}

bool Task::is_free() const {
  return std::all_of(units_.begin(), units_.end(), [](const auto& one) {
    return one.second.ours.is_known() && one.second.ours.amount.is_zero();
  });
}

bool Task::matches() const {
  if (is_unreadable_ || !has_ours()) {
    return false;
  }
  return has_theirs()
             ? std::all_of(units_.begin(), units_.end(),
                           [this](const auto& one) { return one.second.matches(tolerance_); })
             : is_free();
}

Result Task::result() const {
  if (!has_ours()) {
    return Result::only_theirs;
  }
  return has_theirs() ? Result::different : Result::only_ours;
}

void Task::tell(const std::string& task_id, const Reconciliation::Visit& visit) const {
  if (matches()) {
    return;
  }
  const Result result = this->result();
  for (const auto& [unit, sides] : units_) {
    if (result == Result::different && !is_unreadable_ && sides.matches(tolerance_)) {
      continue;
    }
    visit({.result = result,
           .task_id = task_id,
           .unit = unit,
           .ours = sides.ours.known(),
           .theirs = is_unreadable_ ? std::nullopt : sides.theirs.known()});
  }
}

void Task::count(Counts& counts) const {
  for (const auto& [unit, sides] : units_) {
    Reconciliation::Totals& totals = counts.totals[unit];
    totals.ours += sides.ours.amount;
    totals.theirs += sides.theirs.amount;
  }
  if (units_.empty()) {
    return;  // an unreadable row for a task that we do not have
  }
  if (matches()) {
    ++counts.matched;
    counts.without_amount +=
        std::any_of(units_.begin(), units_.end(),
                    [](const auto& one) { return !one.second.ours.is_known(); })
            ? 1
            : 0;
    return;
  }
  switch (result()) {
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

}  // namespace

void Reconciliation::add_ours(std::string_view task_id, std::string_view unit,
                              const std::optional<Decimal>& amount, bool takes_back) {
  lines_.add(line_of(task_id, unit, Says::ours, amount, takes_back));
}

void Reconciliation::add_theirs(std::string_view task_id, std::string_view unit,
                                const std::optional<Decimal>& amount, bool takes_back) {
  lines_.add(line_of(task_id, unit, Says::theirs, amount, takes_back));
}

void Reconciliation::add_unreadable(std::string_view task_id) {
  lines_.add(line_of(task_id, "", Says::unreadable, std::nullopt, false));
}

Reconciliation::Counts Reconciliation::compare(const Visit& visit, const Decimal& tolerance) {
  Counts counts;
  std::optional<Task> task;
  std::string task_id;
  const auto settle = [&] {
    if (task) {
      task->count(counts);
      task->tell(task_id, visit);
    }
  };
  lines_.each([&](std::string_view text) {
    const Line line(text);
    if (!task || line.task_id != task_id) {
      settle();
      task.emplace(tolerance);
      task_id = line.task_id;
    }
    task->add(line);
  });
  settle();
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
