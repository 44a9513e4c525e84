// Charges a closed period anew by other prices with ladders: the order of its tasks, and their
// places.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/billing/ladder.h"

namespace core {

/// The book that charged the closed period last: the newest one whose changes are in a closed
/// period, else that of its closing, without terms; none: it was closed without prices.
[[nodiscard]] std::optional<std::string> charged_by(BillingSource& source,
                                                    const ClosedPeriod& closed);

/// Where a task stands among those of its period, ascending: whether it was charged nothing so far,
/// when it was charged first (the begin of the period whose report shows that), its time, task ID,
/// account.
using RechargeKey = std::tuple<bool, UtcTime, UtcTime, std::string, std::string>;

/// The order in which a closed period is charged anew: first the tasks that its closing charged, in
/// the order of its report, then those that a correction charged first, then all that were charged
/// nothing so far. So the same prices give the same places. One thread.
class RechargeOrder {
 public:
  /// Reads the lines of `period` and its corrections in the periods closed since. `closed`: all
  /// closed periods, sorted by begin.
  RechargeOrder(BillingSource& source, const std::vector<ClosedPeriod>& closed,
                const ClosedPeriod& period);

  /// `standing`: the task's lines that no line reverses; `task`: what is charged for now.
  [[nodiscard]] RechargeKey key(const std::vector<OwnedLine>& standing,
                                const FinishedTask& task) const;

 private:
  using Task = std::pair<std::string, std::string>;  // account and task ID

  void add(const OwnedLine& line);

  // The begin of the period that charged it first, without tasks that the closing itself charged.
  std::map<Task, UtcTime> first_charged_;
  std::pair<Task, UtcTime> reversed_;  // the last reversal, and its time
};

/// Adds up what each ladder charges, whatever the days of the tasks are: all are of one month.
class RechargedPlaces final : public LadderPlaces {
 public:
  [[nodiscard]] Decimal start(const Price& ladder, std::string_view day) override;
  void charged(const Price& ladder, const Decimal& quantity) override;

 private:
  std::map<std::uint64_t, Decimal> charged_;  // by the line of the ladder
};

}  // namespace core
