// Rows of a report as FinOps FOCUS 1.2 "Cost and Usage" (focus.finops.org), for tools that read it.
#pragma once

#include <string>
#include <vector>

#include "cmd/report/report_rows.h"
#include "core/billing/billing.h"
#include "core/billing/period.h"

namespace cmd {

/// The mandatory columns and those conditional ones that apply, in the order of the alphabet as the
/// specification lists them, then our own with `x_` before their names.
[[nodiscard]] std::vector<core::ReportColumn> focus_columns();

/// Whether FOCUS has a row for the line: a failed task charges nothing, and a row must have a cost.
[[nodiscard]] bool is_focus_line(const core::ReportLine& line);

/// The cells of a line for which `is_focus_line` holds. `period` is the billing period; a
/// correction names the moment at which the task was charged first.
[[nodiscard]] std::vector<ReportCell> focus_cells(const core::ReportLine& line,
                                                  const core::Period& period);

}  // namespace cmd
