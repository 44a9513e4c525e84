// `reeltally doctor`: is everything in order for the next run?
#pragma once

#include <iosfwd>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes one line a check to `out`: what was looked at, how it is, and what to do. Asks the
/// gateway of each account one question. Returns `no_ledger` for a ledger that cannot be read,
/// `fatal` for any other finding, else `ok`. Changes nothing.
int doctor(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
