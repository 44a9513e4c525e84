// Compares our lines of a period with the gateway's own log (design.md B13).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/domain/money.h"
#include "core/files/text_sorter.h"

namespace core {

/// Amounts by task and unit. Several lines of one side are added, because a side may charge and
/// refund. Takes about the same memory for any number of lines. One thread.
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
  using Visit = std::function<void(const Difference&)>;
  /// What both sides charge in a unit, as far as it is known.
  struct Totals {
    Decimal ours;
    Decimal theirs;
  };
  /// Each task of either side is counted once.
  struct Counts {
    std::uint64_t matched = 0;
    std::uint64_t without_amount = 0;  ///< of `matched`: both sides have no amount
    std::uint64_t only_ours = 0;
    std::uint64_t only_theirs = 0;
    std::uint64_t different = 0;
    std::map<std::string, Totals> totals{};  ///< by unit
  };

  /// Texts contain no NUL. `amount`: none if the line has none; it then matches only a line without
  /// an amount. A line that `takes_back` one without an amount makes the task's amount known again.
  /// They throw core::Error if lines that do not fit into memory cannot be written.
  void add_ours(std::string_view task_id, std::string_view unit,
                const std::optional<Decimal>& amount, bool takes_back = false);
  void add_theirs(std::string_view task_id, std::string_view unit,
                  const std::optional<Decimal>& amount, bool takes_back = false);
  /// Their row of the task is unreadable: it matches none of our lines.
  void add_unreadable(std::string_view task_id);

  /// Visits the differences, by task ID, then unit, and forgets all lines. If a task costs nothing
  /// on one side, it matches also if the other side has no line or another unit: a refund leaves
  /// nothing. A task that both sides have is `different`, whatever its units are. Amounts that
  /// differ by no more than `tolerance` match. Throws core::Error as above, and what `visit`
  /// throws.
  Counts compare(const Visit& visit, const Decimal& tolerance = {});

 private:
  TextSorter lines_{"the lines to compare"};
};

/// "only_ours" …
[[nodiscard]] const char* name(Reconciliation::Result result);

}  // namespace core
