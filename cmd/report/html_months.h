// Months on the HTML report: their names, the change since the month before, and an estimate.
#pragma once

#include <string>

#include "cmd/report/report_html.h"

namespace cmd {

/// "October 2026" for "2026-10"; other names as they are.
[[nodiscard]] std::string period_words(const core::Period& period);
/// "October 2026, closed on 5 November", "October 2026, still open".
[[nodiscard]] std::string title_words(const core::Period& period, const core::ClosedPeriod* closed);

/// The change of costs since the month before; empty if the page is of no month.
[[nodiscard]] std::string change_section(const HtmlPage& page);

/// What the month will have cost if its other days are like those so far. Empty for a closed month,
/// for a past one, and before a day has passed.
[[nodiscard]] std::string estimate_section(const HtmlPage& page);

/// What a video and a second of video cost, by model.
[[nodiscard]] std::string video_cost_section(const ReportFigures& figures);

}  // namespace cmd
