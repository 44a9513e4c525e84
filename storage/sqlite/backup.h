// A consistent copy of a ledger, also while a run writes.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

namespace storage {

/// Copies the ledger behind `database` to the new file `target` (0600), which is synced on return.
/// Throws core::UsageError if the file exists, core::Error if it cannot be written; then no
/// incomplete file is left.
void back_up(SQLite::Database& database, const std::string& target);

/// Throws core::UsageError when anything lies at `target`.
void require_no_backup(const std::string& target);

/// Makes `copy` one file that needs nothing beside it, so that it can be read where nothing can be
/// written, and checks it. Throws core::Error.
void seal_backup(SQLite::Database& copy, const std::string& target);

}  // namespace storage
