// Rows of a report as FinOps FOCUS 1.2 "Cost and Usage" (focus.finops.org).
#pragma once

#include <string>
#include <vector>

#include "cmd/report/report_rows.h"
#include "core/billing/billing.h"
#include "core/billing/period.h"

namespace cmd {

/// The mandatory columns and the applicable conditional ones, in alphabetical order as in the
/// specification, then our own with the prefix `x_`.
[[nodiscard]] std::vector<core::ReportColumn> focus_columns();

/// Whether FOCUS has a row for the line: a row must have a cost, and a failed task charges nothing.
[[nodiscard]] bool is_focus_line(const core::ReportLine& line);

/// The cells of a line for which `is_focus_line` holds. `period` is the billing period; the row of
/// a correction has the time at which the task was first charged.
[[nodiscard]] std::vector<ReportCell> focus_cells(const core::ReportLine& line,
                                                  const core::Period& period);

}  // namespace cmd
