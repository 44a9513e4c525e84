// `reeltally doctor`: checks whether the next run can work.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes one line for each check to `out`: its subject, its result, and what to do. Sends the
/// gateway of each account one query. Returns `no_ledger` for a ledger that cannot be read,
/// `fatal` for any other finding, else `ok`. Changes nothing.
ExitCode doctor(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
