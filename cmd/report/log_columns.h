// Which columns of a log file `reconcile` compares, and as what.
#pragma once

#include <string>
#include <string_view>

#include "cmd/cli/settings.h"
#include "core/billing/foreign_amount.h"
#include "core/input/task_list.h"

namespace cmd {

/// Column names as the user or we spell them.
struct LogColumns {
  std::string amount;
  std::string currency;        ///< empty: there is no such column, or `amount` is a quota
  bool is_quota = false;       ///< what `amount` holds
  bool is_our_report = false;  ///< its rows are read as report lines
  std::string fixed_currency;  ///< of rows that name none; empty: none was given
  core::DecimalSign decimal_sign = core::DecimalSign::by_text;
  [[nodiscard]] bool by_quota() const { return is_quota; }
};

/// By the options, else by the first of the usual names. A log is compared by quota if it has that
/// column; our own report always has it, so it is compared by cost if we know costs. Throws
/// core::UsageError that lists the columns if none fits.
[[nodiscard]] LogColumns log_columns(const Settings& settings, const core::TaskList& list,
                                     bool we_have_prices);

/// For the user: what was taken for what.
[[nodiscard]] std::string what_was_taken(const LogColumns& columns, const core::TaskList& list);

/// Whether the cell of a task ID says that the row is a sum.
[[nodiscard]] bool is_total(std::string_view id);

}  // namespace cmd
