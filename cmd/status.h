// `reeltally status`: totals of the ledger, or the full history of tasks.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Returns the exit code: 3 if a named task is not in the ledger. Throws LedgerUnreadable.
ExitCode status(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
