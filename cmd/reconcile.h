// `reeltally reconcile`: our report lines against the gateway's own log.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes what does not match to `out`; nothing is ever corrected. Returns `partly` when anything
/// differs or a row of the log cannot be used. Throws core::UsageError for a log without the
/// columns, core::Error when the ledger cannot be read.
ExitCode reconcile(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
