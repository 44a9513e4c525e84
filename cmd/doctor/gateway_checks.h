// Whether the gateway of each account answers and accepts the key.
#pragma once

#include "cmd/cli/settings.h"
#include "cmd/doctor/findings.h"

namespace cmd {

/// Sends the gateway of each account with a key of its own one query, and one about the key.
void check_gateways(const Settings& settings, Findings& findings);

}  // namespace cmd
