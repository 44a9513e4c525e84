// A report as a workbook: what it is about, its totals, groups, lines and adjustments.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cmd/report/report_output.h"
#include "cmd/report/report_plan.h"
#include "cmd/report/report_totals.h"
#include "core/billing/reports.h"

namespace cmd {

struct WorkbookReport {
  const ReportPlan& plan;
  core::Reports& reports;
  int schema_version;
  std::vector<std::pair<std::string, std::string>> about;  ///< names and values
};

/// Writes it, and adds its lines to `totals`. With `--by` it has groups and no lines. Returns the
/// number of rows that the same report has as a CSV. Throws core::Error.
[[nodiscard]] std::uint64_t write_workbook(const WorkbookReport& report, ReportTotals& totals,
                                           ReportOutput& output);

}  // namespace cmd
