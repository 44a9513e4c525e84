// `reeltally verify`: compares the videos on disk with the ledger.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes each finding to `out`; only --requeue changes the ledger. Returns `partly` if anything
/// differs. Throws core::Error if the ledger or the output folder cannot be read.
ExitCode verify(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
