// Tasks that the ledger holds under two accounts: two keys of one user of a gateway see the same.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <vector>

namespace storage {

/// The task IDs that two accounts have in common, unless lists named both accounts for them in a
/// column `account`: then both are meant.
struct SharedTasks {
  std::string account;
  std::string other;
  std::uint64_t tasks = 0;
  /// Of these: certainly one task of one gateway, as their final answers tell (the same bytes, or
  /// the same state and times). Reports charge such a success once (core::FinishedTask).
  std::uint64_t one_task = 0;
  std::string example;  ///< the ID of one, of those that are certain if there are any
};

enum class SharedTaskScope {
  ledger,
  last_run,  ///< the tasks of the newest run, each beside whatever the ledger holds
};

/// One for each pair of accounts that has any. Throws LedgerUnreadable, and core::Error when the
/// ledger cannot be read.
[[nodiscard]] std::vector<SharedTasks> tasks_under_two_accounts(const std::string& path,
                                                                SharedTaskScope scope);

/// SQL for the name of the account under which the success `t` (a row of `task`) is charged; NULL
/// when it is charged under its own. That is the one that was closed first, else seen first, so
/// that a closing changes nothing. Costs nothing in a ledger of one account.
[[nodiscard]] std::string charged_under_sql(SQLite::Database& database);

}  // namespace storage
