// The month before that of a report, for a comparison.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cmd/report/report_figures.h"
#include "cmd/report/report_plan.h"
#include "core/billing/closed_period.h"
#include "core/billing/period.h"
#include "core/billing/reports.h"

namespace cmd {

struct MonthBefore {
  core::Period period;
  const core::ClosedPeriod* closed = nullptr;  ///< null: it is open
  Figures all;
  std::map<std::string, Figures> by_model;
};

/// Reads the month before with the filters and prices of the report; what a closing froze as it was
/// frozen. None if the report is of no calendar month. Throws core::Error. The result refers to
/// `reports`.
[[nodiscard]] std::optional<MonthBefore> read_month_before(const ReportPlan& plan,
                                                           core::Reports& reports);

}  // namespace cmd
