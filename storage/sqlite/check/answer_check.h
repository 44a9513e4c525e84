// Holds what the tables say against the answers that are kept.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "storage/sqlite/check/findings.h"

namespace storage {

/// Every kept answer must be the one that was received. If `version` of the program recorded it,
/// then its snapshot, its task, its videos and the frozen lines that it caused must say what it
/// says; another version may have understood less. Throws SQLite::Exception.
void check_answers(SQLite::Database& database, const std::string& version, Findings& findings);

}  // namespace storage
