// `db check` of the tasks that a period was closed without.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "storage/sqlite/check/findings.h"

namespace storage {

/// Whether the task, an SQL expression, has snapshots, and all are of runs that ended before the
/// period `p` was closed: then its row says what it said at the closing.
[[nodiscard]] std::string is_as_closed(const std::string& task);

/// The numbers of unfinished and missing tasks of each closed period, and the tasks that it wrote
/// off, as far as its rows still prove them: a task that was answered since may have been anything.
void check_closed_without(SQLite::Database& database, Findings& findings);

}  // namespace storage
