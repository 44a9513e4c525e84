// Holds the rows of closed periods against each other.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "storage/sqlite/check/findings.h"

namespace storage {

/// What the SHA-256 of a closed period's report does not cover: where its lines stand, what they
/// correct, and what rules them. Throws SQLite::Exception.
void check_closings(SQLite::Database& database, Findings& findings);

}  // namespace storage
