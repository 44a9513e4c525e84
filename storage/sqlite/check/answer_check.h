// Compares the tables with the stored answers.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "storage/sqlite/check/findings.h"

namespace storage {

/// Every stored answer must have its recorded SHA-256. If `version` of the program recorded it, its
/// snapshot, its task, its videos and the frozen lines that it caused must match it; another
/// version may have understood less. Throws SQLite::Exception.
void check_answers(SQLite::Database& database, const std::string& version, Findings& findings);

}  // namespace storage
