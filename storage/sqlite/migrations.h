// Brings a ledger's file to the schema of this program (storage/migration.h).
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <span>
#include <string>

#include "core/clock.h"
#include "storage/migration.h"

namespace storage {

struct MigrationOutcome {
  int from = 0;
  int to = 0;
  std::string backup;  ///< the file made before an upgrade; empty: none
};

/// Applies the missing migrations: all in one transaction to a new ledger (what they make at once,
/// if the schema has it), each in one of its own to an older one. It also records them (a ledger
/// has the old schema or the new one, nothing in between). Before an older ledger is upgraded, a
/// backup is made beside it, unless `backup` is false. Throws LedgerUnreadable for a ledger of a
/// newer program or one whose applied migrations differ from ours; that ledger is not changed.
MigrationOutcome migrate(SQLite::Database& database, const std::string& path, const Schema& schema,
                         core::UtcTime now, bool backup);

/// Throws LedgerUnreadable for a schema newer than all of `migrations`.
void require_no_newer_schema(const std::string& path, std::int64_t schema,
                             std::span<const Migration> migrations);

/// Throws LedgerUnreadable unless the ledger has exactly the schema of `migrations`.
void require_schema(SQLite::Database& database, const std::string& path,
                    std::span<const Migration> migrations);

}  // namespace storage
