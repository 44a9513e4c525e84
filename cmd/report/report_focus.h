// Rows of a report as FinOps FOCUS "Cost and Usage" (focus.finops.org), versions 1.2 to 1.4.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cmd/cli/config_file.h"
#include "cmd/report/report_rows.h"
#include "core/billing/billing.h"
#include "core/billing/period.h"

namespace cmd {

/// Whether FOCUS has a row for the line: a row must have a cost, and a failed task charges nothing.
[[nodiscard]] bool is_focus_line(const core::ReportLine& line);

/// The columns of one version and their cells.
class FocusRows {
 public:
  using NamesByAccount = std::map<std::string, FocusNames, std::less<>>;

  /// `version`: "1.2", "1.3" or "1.4". A name that an account does not have is the usual one.
  /// `invoice_id`: of the period; empty: there is no invoice yet.
  FocusRows(const std::string& version, NamesByAccount names, std::string invoice_id);

  /// The mandatory columns and the applicable conditional ones, in alphabetical order as in the
  /// specification, then our own with the prefix `x_`.
  [[nodiscard]] std::vector<core::ReportColumn> columns() const;

  /// The rows of a line for which `is_focus_line` holds: one, or one for each tier of a ladder,
  /// because a row has one unit price. `period` is the billing period; the row of a correction has
  /// the time at which the task was first charged. Throws core::UsageError for a currency that the
  /// version does not allow.
  [[nodiscard]] std::vector<std::vector<ReportCell>> rows(const core::ReportLine& line,
                                                          const core::Period& period);

 private:
  [[nodiscard]] std::vector<ReportCell> cells(const core::ReportLine& line,
                                              const core::Period& period);
  const FocusNames& names_of(const std::string& account);

  int version_;  // 2, 3 or 4: the number behind "1."
  NamesByAccount names_;
  std::string invoice_id_;
};

}  // namespace cmd
