// All tasks and videos of a ledger counted in one pass.
#pragma once

#include "core/ledger/ledger_reader.h"
#include "storage/sqlite/rows.h"

namespace storage {

/// Fills the groups, and of the totals what does not depend on the time. SQLite would sort all
/// tasks to group them by a column without an index, which takes twice as long.
void scan_tasks(SqliteRows& rows, core::LedgerOverview& overview);

}  // namespace storage
