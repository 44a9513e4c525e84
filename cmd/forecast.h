// `reeltally forecast`: what an open month will cost by its end.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Returns the exit code (operating.md, "Exit codes"): 3 if a named task is not forgotten.
ExitCode forecast(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
