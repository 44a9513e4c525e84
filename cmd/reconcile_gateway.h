// `reeltally reconcile --from-gateway`: compares our tasks with the gateway's own log.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/report/close_preview.h"
#include "cmd/report/report_plan.h"
#include "core/input/task_list.h"

namespace cmd {

/// Writes the differences to `out`; corrects nothing. Returns `partly` if an amount differs. Throws
/// core::UsageError without a period or a user access token, core::Refused if the gateway refuses
/// it, core::Error if the log or the ledger cannot be read.
ExitCode reconcile_with_gateway(const Settings& settings, Log& log, std::ostream& out);

/// Compares the period with the log, and writes no differences. Throws as above.
[[nodiscard]] LogComparison compare_with_log(const Settings& settings, ReportOptions period,
                                             Log& log);

/// Whether the list is an export of that log: its column `id` has numbers of rows, not task IDs.
[[nodiscard]] bool is_log_export(const core::TaskList& list);
/// The same as above with the rows of such an export; without a period, all tasks.
ExitCode reconcile_with_export(const Settings& settings, core::TaskList& list, Log& log,
                               std::ostream& out);

}  // namespace cmd
