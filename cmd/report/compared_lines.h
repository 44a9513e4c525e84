// Our side of a comparison with the gateway's books: the lines of one account in a period.
#pragma once

#include <string>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/report/report_plan.h"
#include "core/billing/reports.h"

namespace cmd {

/// The ledger, and the period of --period, or of --from and --to.
[[nodiscard]] ReportOptions compared_period(const Settings& settings);
[[nodiscard]] bool names_a_period(const ReportOptions& options);
/// From before the first task to after the last one.
void cover_all_time(ReportOptions& options);

/// One thread.
class ComparedLines {
 public:
  /// Opens the ledger; tells in `log` what ReportPlan::adopt tells. Throws core::UsageError for
  /// invalid options, core::Error if the ledger cannot be read, or if a closed period was changed.
  ComparedLines(ReportOptions options, std::string account, Log& log);
  ComparedLines(const ComparedLines&) = delete;  // the plan refers to the options
  ComparedLines& operator=(const ComparedLines&) = delete;

  [[nodiscard]] const ReportPlan& plan() const { return plan_; }
  [[nodiscard]] core::Reports& reports() { return reports_; }
  [[nodiscard]] const core::Reports& reports() const { return reports_; }
  /// Restricts the query of the plan to the account; false: the ledger has none of that name.
  [[nodiscard]] bool choose_account();

 private:
  ReportOptions options_;
  ReportPlan plan_;
  core::Reports reports_;
  std::string account_;
};

}  // namespace cmd
