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

/// Makes the ledger, or applies what is missing, each migration in one transaction that also
/// records it. For the owner of the schema alone. Throws LedgerUnreadable for a ledger of a newer
/// program, or one whose migrations differ from ours; it stays as it is.
SchemaChange migrate_schema(Connection& connection, std::span<const Migration> migrations,
                            core::UtcTime now);

/// Throws LedgerUnreadable unless the ledger is there and has just the schema of `migrations`.
void require_server_schema(Connection& connection, std::span<const Migration> migrations);

}  // namespace storage
