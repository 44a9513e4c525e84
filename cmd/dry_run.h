// `reeltally run --dry-run`: which tasks a run would ask.
#pragma once

#include <iosfwd>

#include "cmd/run_inputs.h"
#include "cmd/settings.h"

namespace cmd {

/// Writes their IDs, one a line, and asks nobody. Returns the exit code of product.md's table.
/// Throws LedgerUnreadable for a ledger that is there and cannot be read.
int dry_run(const Settings& settings, RunInputs& inputs, std::ostream& out);

}  // namespace cmd
