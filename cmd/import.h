// `reeltally import`: adds the tasks of the gateway's own list to the ledger.
#pragma once

#include <iosfwd>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Queries no task. Returns `partly` if an entry of the list has no usable ID. Throws
/// core::UsageError without --from-gateway or a user access token, core::Refused if the gateway
/// refuses it, core::Error if the list or the ledger cannot be used.
ExitCode import_tasks(const Settings& settings, Log& log, std::ostream& out);

}  // namespace cmd
