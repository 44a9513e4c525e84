// Our lines of a period held against the gateway's own log (reliability.md B13).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/money.h"

namespace core {

/// Amounts by task and unit. Several lines of one side add up, since both may charge and take back.
class Reconciliation {
 public:
  enum class Result { only_ours, only_theirs, different };
  struct Difference {
    Result result = Result::different;
    std::string task_id;
    std::string unit;               ///< a currency; empty for quota
    std::optional<Decimal> ours;    ///< none: we have no line, or it has no amount
    std::optional<Decimal> theirs;  ///< none: they have no line, or one that cannot be read
  };

  /// `amount`: none when our line has none; then nothing of theirs matches it.
  void add_ours(const std::string& task_id, const std::string& unit,
                const std::optional<Decimal>& amount);
  void add_theirs(const std::string& task_id, const std::string& unit, const Decimal& amount);
  /// They have a row of the task that nobody can read: whatever we have does not match it.
  void add_unreadable(const std::string& task_id) { unreadable_.insert(task_id); }

  /// What does not match, by task ID. A task that costs nothing on one side and is known to the
  /// other matches also without a line or in another unit: a refund leaves nothing.
  [[nodiscard]] std::vector<Difference> differences() const;
  /// Tasks (and units) that match.
  [[nodiscard]] std::uint64_t matched() const;

 private:
  struct Sides {
    std::optional<Decimal> ours;
    std::optional<Decimal> theirs;
    bool ours_known = true;  ///< false: a line of ours has no amount
    bool is_ours = false;
  };
  using Tasks = std::map<std::pair<std::string, std::string>, Sides>;  // by task and unit
  [[nodiscard]] std::optional<Result> compare(const Tasks::value_type& one) const;
  [[nodiscard]] bool is_ours(const std::string& task_id) const;

  Tasks tasks_;
  std::set<std::string> unreadable_;
};

/// "only_ours" …
[[nodiscard]] const char* name(Reconciliation::Result result);

}  // namespace core
