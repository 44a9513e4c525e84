// `reeltally run`: read task IDs, query, record, download, sum up.
#pragma once

#include <iosfwd>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Returns the exit code of the README's table. Throws core::UsageError before anything is asked,
/// core::Error (LedgerUnreadable, LedgerBusy) when the run cannot go on.
int run(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
