// Whether the ledger can be read and written.
#pragma once

#include "cmd/cli/settings.h"
#include "cmd/doctor/findings.h"

namespace cmd {

/// A file, or a ledger on PostgreSQL. Changes nothing.
void check_ledger(const Settings& settings, Findings& findings);

}  // namespace cmd
