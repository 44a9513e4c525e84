// A report as one self-contained page: without scripts, and without external resources.
#pragma once

#include <string>

#include "cmd/report/report_figures.h"
#include "core/billing/period.h"
#include "core/billing/reports.h"

namespace cmd {

struct HtmlPage {
  const core::Period& period;
  const core::TimeZone& zone;
  std::string filter;         ///< "account studio, customer=ACME"; empty: all tasks
  std::string closed_sha256;  ///< of the closed period's CSV; empty: it is open
  core::OpenTasks open;
  ReportFigures& figures;
};

/// The page; the same figures give the same bytes.
[[nodiscard]] std::string html_page(const HtmlPage& page);

}  // namespace cmd
