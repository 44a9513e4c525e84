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
  std::string backup;  ///< the file made before an upgrade; empty: none was needed or wanted
};

/// Applies what is missing, each in one transaction that also records it (rule: a ledger is of the
/// old schema or the new one, never half). Before an older ledger is upgraded a backup is made
/// beside it, unless `backup` is false. Throws LedgerUnreadable for a ledger of a newer program or
/// one whose applied migrations differ from ours; it stays as it is.
MigrationOutcome migrate(SQLite::Database& database, const std::string& path,
                         std::span<const Migration> migrations, core::UtcTime now, bool backup);

/// Throws LedgerUnreadable for a schema that none of `migrations` makes.
void require_no_newer_schema(const std::string& path, std::int64_t schema,
                             std::span<const Migration> migrations);

/// Throws LedgerUnreadable unless the ledger has just the schema of `migrations`.
void require_schema(SQLite::Database& database, const std::string& path,
                    std::span<const Migration> migrations);

}  // namespace storage
