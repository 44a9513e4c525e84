// Walks the hash chain over snapshots.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "storage/sqlite/check/findings.h"

namespace storage {

/// Every snapshot must be covered by a link that is the SHA-256 of the link before and of its
/// snapshots; only those that the ledger had before it kept hashes are covered by none. One
/// finding, of the first break: the links behind it prove nothing. Throws SQLite::Exception.
void check_snapshot_chain(SQLite::Database& database, Findings& findings);

}  // namespace storage
