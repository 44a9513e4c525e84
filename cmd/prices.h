// `reeltally prices check`: what is probably wrong in a price book.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes a line for each finding to `out`. Returns `partly` if there is one. With a ledger also
/// finds models of its successes that have no price. Throws core::UsageError if the file is not a
/// price book.
ExitCode prices_check(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
