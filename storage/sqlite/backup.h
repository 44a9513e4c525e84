// A consistent copy of a ledger, also while a run writes.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

namespace storage {

/// Copies the ledger behind `database` to the new file `target` (0600), synced before this returns.
/// Throws core::UsageError when the file exists, core::Error when it cannot be written; then no
/// half file stays behind.
void back_up(SQLite::Database& database, const std::string& target);

}  // namespace storage
