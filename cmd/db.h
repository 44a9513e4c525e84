// `reeltally db migrate|check|backup|copy|prune`: maintenance of the ledger.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Each returns the exit code, and throws LedgerUnreadable, LedgerBusy, core::Error or UsageError.
ExitCode db_migrate(const Settings& settings, Log& log, std::ostream& out);
ExitCode db_check(const Settings& settings, Log& log, std::ostream& out);
ExitCode db_backup(const Settings& settings, Log& log, std::ostream& out);
ExitCode db_copy(const Settings& settings, Log& log, std::ostream& out);
ExitCode db_prune(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
