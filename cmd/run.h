// `reeltally run`: reads task IDs, queries, records, downloads, and prints a summary.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Returns the exit code (operating.md, "Exit codes"). Throws core::UsageError before the first
/// query, core::Error (LedgerUnreadable, LedgerBusy) if the run cannot continue.
ExitCode run(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
