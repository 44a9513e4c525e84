// `runs`: past runs, from the ledger.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes the last runs as a table, or all that is recorded of those that are named; with --json an
/// object for each. Exit code 3 if a named run is not in the ledger.
ExitCode runs(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
