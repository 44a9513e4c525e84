// `reeltally serve`: pages about the ledger for a browser.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Ends with the first SIGINT or SIGTERM. Throws core::UsageError, core::Error.
[[nodiscard]] ExitCode serve(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
