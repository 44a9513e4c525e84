// The ledger's schema as numbered, append-only SQL files, built into the program.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace storage {

/// One file of migrations/: applied in one transaction, recorded with its checksum.
struct Migration {
  int number;
  std::string_view title;
  std::string_view sql;
};

/// All of them, ascending from 1 without a gap.
[[nodiscard]] std::span<const Migration> embedded_migrations();

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
