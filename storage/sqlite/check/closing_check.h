// Compares the rows of closed periods with each other.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "storage/sqlite/check/findings.h"

namespace storage {

/// Checks what the SHA-256 of a closed period's report does not cover: the position of its lines,
/// what they correct, and the data on which they depend. Throws SQLite::Exception.
void check_closings(SQLite::Database& database, Findings& findings);

}  // namespace storage
