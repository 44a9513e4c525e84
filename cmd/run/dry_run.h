// `reeltally run --dry-run`: which tasks a run would query.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/run_inputs.h"

namespace cmd {

/// Writes their IDs, one per line, without sending a query; reports how many lines were not rows.
/// Returns the exit code (operating.md, "Exit codes"). Throws LedgerUnreadable if the ledger exists
/// but cannot be read.
ExitCode dry_run(const Settings& settings, RunInputs& inputs, Log& log, std::ostream& out);

}  // namespace cmd
