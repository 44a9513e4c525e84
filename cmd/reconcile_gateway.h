// `reeltally reconcile --from-gateway`: compares our tasks with the gateway's own log.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Writes the differences to `out`; corrects nothing. Returns `partly` if an amount differs. Throws
/// core::UsageError without a period or a user access token, core::Refused if the gateway refuses
/// it, core::Error if the log or the ledger cannot be read.
ExitCode reconcile_with_gateway(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
