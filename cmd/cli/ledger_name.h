// Which ledger a command works on.
#pragma once

#include <string>

#include "cmd/cli/settings.h"

namespace cmd {

/// Throws core::UsageError if --db is a PostgreSQL URL that cannot name a ledger
/// (storage/postgres/ledger_url.h). Settings::load calls it.
void check_named_ledger(const Settings& settings);

/// --db, else reeltally.db in $XDG_STATE_HOME/reeltally or ~/.local/state/reeltally: a file, or a
/// PostgreSQL URL. Throws core::UsageError that says to use --db when there is no home.
[[nodiscard]] std::string ledger_path(const Settings& settings);

/// The argument TARGET, which names a ledger and is held to the rules of --db. Throws
/// core::UsageError.
[[nodiscard]] const std::string& target_ledger(const Settings& settings);

}  // namespace cmd
