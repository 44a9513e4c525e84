// `reeltally verify`: videos on disk held against the ledger.
#pragma once

#include <iosfwd>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes each finding to `out`; changes nothing but with --requeue. Returns `partly` when anything
/// differs. Throws core::Error when ledger or output folder cannot be read.
int verify(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
