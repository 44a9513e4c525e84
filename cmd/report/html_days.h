// The days of the HTML report: cost stacked by model, and tasks.
#pragma once

#include <string>

#include "cmd/report/html_tables.h"
#include "cmd/report/report_html.h"

namespace cmd {

/// A chart for each currency and one for tasks, and a table; by month if there are too many days.
[[nodiscard]] std::string day_sections(const HtmlPage& page, const TableColumns& columns);

}  // namespace cmd
