// `reeltally forget`: take back tasks that were imported by mistake.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Returns the exit code (operating.md, "Exit codes"): 3 if a named task is not forgotten.
ExitCode forget(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
