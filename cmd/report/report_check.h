// `report --check`: what somebody should look into before the month is over.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/report/report_plan.h"

namespace cmd {

/// Writes one line for each kind of finding in the period, and no report:
///  - lines without a cost;
///  - models of which the ledger has no task that was submitted before the period;
///  - task IDs under two accounts of one gateway, in the whole ledger;
///  - tasks with other labels now than in the period, or in the closed one before it.
/// Exit code 3 on a finding. Throws like write_report; UsageError without a price book.
ExitCode check_report(const Settings& settings, const ReportOptions& options, Log& log,
                      std::ostream& out);

}  // namespace cmd
