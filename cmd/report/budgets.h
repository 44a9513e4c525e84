// What the budgets of the configuration file have used in a month.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/config_file.h"
#include "cmd/cli/settings.h"
#include "core/clock.h"
#include "core/domain/money.h"

namespace cmd {

struct BudgetState {
  std::string name;
  FileBudget budget;
  std::string month;                      ///< "2026-10"
  core::Decimal used;                     ///< in the currency of the budget
  std::optional<core::Decimal> estimate;  ///< by the end of the month; none: no day is over
  std::int64_t unpriced = 0;              ///< lines without a cost, which `used` lacks
  bool has_other_currencies = false;      ///< costs in currencies that no budget of these tasks has

  [[nodiscard]] bool is_exceeded() const { return used > budget.amount; }
  [[nodiscard]] bool will_be_exceeded() const { return estimate && *estimate > budget.amount; }
};

/// In the order of their names; none if the configuration file has no budgets. `month` is that of
/// `now` in the zone of --tz. Throws core::UsageError for a price book that is missing or wrong,
/// core::Error if the ledger cannot be read.
[[nodiscard]] std::vector<BudgetState> budget_states(const Settings& settings, core::UtcTime now);

/// A line for each budget that is exceeded, will be, or cannot be compared.
[[nodiscard]] std::vector<std::string> budget_warnings(const std::vector<BudgetState>& states);

}  // namespace cmd
