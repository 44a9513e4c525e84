// A report as one self-contained page: without scripts, and without external resources.
#pragma once

#include <optional>
#include <string>

#include "cmd/report/month_before.h"
#include "cmd/report/report_figures.h"
#include "core/billing/closed_period.h"
#include "core/billing/period.h"
#include "core/billing/reports.h"

namespace cmd {

struct HtmlPage {
  const core::Period& period;
  const core::TimeZone& zone;
  std::string filter;                          ///< "account studio, customer=ACME"; empty: all
  const core::ClosedPeriod* closed = nullptr;  ///< null: the period is open
  core::OpenTasks open;
  ReportFigures& figures;
  const std::optional<MonthBefore>& before;
  std::optional<core::UtcTime> newest_answer;  ///< none: the ledger has none
};

/// The page; the same figures give the same bytes.
[[nodiscard]] std::string html_page(const HtmlPage& page);

}  // namespace cmd
