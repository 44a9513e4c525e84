// `reeltally run --dry-run`: which tasks a run would ask.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/run_inputs.h"

namespace cmd {

/// Writes their IDs, one a line, and asks nobody; says how many lines were no rows. Returns the
/// exit code of the README's table. Throws LedgerUnreadable for a ledger that is there and cannot
/// be read.
ExitCode dry_run(const Settings& settings, RunInputs& inputs, Log& log, std::ostream& out);

}  // namespace cmd
