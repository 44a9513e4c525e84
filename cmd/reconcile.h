// `reeltally reconcile`: compares our report lines with the gateway's own log.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes the differences to `out`; corrects nothing. Returns `partly` if anything differs or a row
/// of the log is unusable. Throws core::UsageError for a log without the columns, core::Error if
/// the ledger cannot be read.
ExitCode reconcile(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
