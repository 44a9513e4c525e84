// Compares our lines of a period with the gateway's own log (design.md B13).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/money.h"

namespace core {

/// Amounts by task and unit. Several lines of one side are added, because a side may charge and
/// refund.
class Reconciliation {
 public:
  enum class Result { only_ours, only_theirs, different };
  struct Difference {
    Result result = Result::different;
    std::string task_id;
    std::string unit;               ///< a currency; empty for quota
    std::optional<Decimal> ours;    ///< none: we have no line, or the line has no amount
    std::optional<Decimal> theirs;  ///< none: they have no line, or one without an amount
  };
  /// Each task of either side is counted once.
  struct Counts {
    std::uint64_t matched = 0;
    std::uint64_t without_amount = 0;  ///< of `matched`: both sides have no amount
    std::uint64_t only_ours = 0;
    std::uint64_t only_theirs = 0;
    std::uint64_t different = 0;
  };

  /// `amount`: none if the line has none; it then matches only a line without an amount. A line
  /// that `takes_back` one without an amount makes the task's amount known again.
  void add_ours(const std::string& task_id, const std::string& unit,
                const std::optional<Decimal>& amount, bool takes_back = false);
  void add_theirs(const std::string& task_id, const std::string& unit,
                  const std::optional<Decimal>& amount, bool takes_back = false);
  /// Their row of the task is unreadable: it matches none of our lines.
  void add_unreadable(const std::string& task_id) { tasks_[task_id].is_unreadable = true; }

  /// The differences, by task ID, then unit. If a task costs nothing on one side, it matches also
  /// if the other side has no line or another unit: a refund leaves nothing. A task that both sides
  /// have is `different`, whatever its units are.
  [[nodiscard]] std::vector<Difference> differences() const;
  [[nodiscard]] Counts counts() const;

 private:
  struct Side {
    bool is_there = false;
    std::int64_t unknown = 0;  ///< lines without an amount, minus those reversed
    Decimal amount;
    void add(const std::optional<Decimal>& more, bool takes_back);
    [[nodiscard]] bool is_known() const { return unknown <= 0; }
    [[nodiscard]] std::optional<Decimal> known() const;
  };
  struct Unit {
    Side ours;
    Side theirs;
    [[nodiscard]] bool matches() const;
  };
  struct Task {
    bool is_unreadable = false;
    std::map<std::string, Unit> units;
    [[nodiscard]] bool has_ours() const;
    [[nodiscard]] bool has_theirs() const;
    [[nodiscard]] bool is_free() const;  // we have the task, and it costs nothing
    [[nodiscard]] bool matches() const;
    [[nodiscard]] Result result() const;  // for a unit that does not match
  };

  std::map<std::string, Task> tasks_;
};

/// "only_ours" …
[[nodiscard]] const char* name(Reconciliation::Result result);

}  // namespace core
