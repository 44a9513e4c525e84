// Our lines of a period held against the gateway's own log (design.md B13).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/money.h"

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
    std::optional<Decimal> theirs;  ///< none: they have no line, or one without an amount
  };
  /// Every task that either side knows, once.
  struct Counts {
    std::uint64_t matched = 0;
    std::uint64_t without_amount = 0;  ///< of `matched`: neither side knows the amount
    std::uint64_t only_ours = 0;
    std::uint64_t only_theirs = 0;
    std::uint64_t different = 0;
  };

  /// `amount`: none when the line has none; then only a line without one on the other side matches.
  /// A line that `takes_back` one without an amount makes the task's amount known again.
  void add_ours(const std::string& task_id, const std::string& unit,
                const std::optional<Decimal>& amount, bool takes_back = false);
  void add_theirs(const std::string& task_id, const std::string& unit,
                  const std::optional<Decimal>& amount, bool takes_back = false);
  /// Their row of the task cannot be read: it matches none of our lines.
  void add_unreadable(const std::string& task_id) { tasks_[task_id].is_unreadable = true; }

  /// What does not match, by task ID, then unit. A task that costs nothing on one side and is known
  /// to the other matches also without a line or in another unit: a refund leaves nothing. A task
  /// that both sides know is `different`, whichever units they have.
  [[nodiscard]] std::vector<Difference> differences() const;
  [[nodiscard]] Counts counts() const;

 private:
  struct Side {
    bool is_there = false;
    std::int64_t unknown = 0;  ///< lines without an amount, less those that are taken back
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
    [[nodiscard]] bool is_free() const;  // we know it, and know that it costs nothing
    [[nodiscard]] bool matches() const;
    [[nodiscard]] Result result() const;  // of one that does not match
  };

  std::map<std::string, Task> tasks_;
};

/// "only_ours" …
[[nodiscard]] const char* name(Reconciliation::Result result);

}  // namespace core
