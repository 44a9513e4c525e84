// `reeltally report`: usage and cost of a period.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/report/report_plan.h"

namespace cmd {

/// Writes the report to `out`, or atomically to `output` with its manifest beside it. The same
/// ledger and options give the same bytes. Returns the exit code; throws core::UsageError for
/// invalid options, core::Error if the ledger cannot be read or the report cannot be written.
ExitCode write_report(const ReportOptions& options, Log& log, std::ostream& out);

/// The same with the settings.
ExitCode report(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
