// Tasks that the ledger holds under two accounts: two keys of one user of a gateway see the same.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "core/billing/billing_source.h"

namespace storage {

/// One for each pair of accounts that has any. Throws SQLite::Exception.
[[nodiscard]] std::vector<core::SharedTasks> find_shared_tasks(SQLite::Database& database,
                                                               core::SharedTaskScope scope);

/// SQL for the name of the account under which the success `t` (a row of `task`) is charged; NULL
/// when it is charged under its own. That is the one that was closed first, else seen first, so
/// that a closing changes nothing. Costs nothing in a ledger of one account.
[[nodiscard]] std::string charged_under_sql(SQLite::Database& database);

}  // namespace storage
