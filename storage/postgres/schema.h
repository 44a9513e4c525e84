// Brings a PostgreSQL ledger to the schema of this program (storage/migration.h).
#pragma once

#include <span>

#include "core/clock.h"
#include "storage/migration.h"
#include "storage/postgres/connection.h"

namespace storage {

struct SchemaChange {
  int from = 0;  ///< 0: there was no ledger
  int to = 0;
};

/// Creates the ledger, or applies the missing migrations, each in one transaction that also records
/// it. Only for the owner of the schema. Throws LedgerUnreadable for a ledger of a newer program,
/// or one whose migrations differ from ours; that ledger is not changed.
SchemaChange migrate_schema(Connection& connection, std::span<const Migration> migrations,
                            core::UtcTime now);

/// Throws LedgerUnreadable unless the ledger exists and has exactly the schema of `migrations`.
void require_server_schema(Connection& connection, std::span<const Migration> migrations);

}  // namespace storage
