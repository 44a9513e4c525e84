// Tasks that the ledger has under two accounts: two keys of one gateway user see the same tasks.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/statements/account_names.h"
#include "storage/statements/rows.h"

namespace storage {

/// Selects {account, other, tasks, one_task, example}: core::SharedTasks.
[[nodiscard]] std::string shared_tasks_text(core::SharedTaskScope scope);

/// One result for each pair of accounts with common task IDs.
template <RowSource Rows>
[[nodiscard]] std::vector<core::SharedTasks> find_shared_tasks(Rows& source,
                                                               core::SharedTaskScope scope) {
  std::vector<core::SharedTasks> all;
  if (AccountNames(source).size() < 2) {
    return all;
  }
  auto pairs = source.select(shared_tasks_text(scope), {});
  while (pairs.step()) {
    all.push_back({.account = std::string(pairs.text(0)),
                   .other = std::string(pairs.text(1)),
                   .tasks = static_cast<std::uint64_t>(pairs.integer(2)),
                   .one_task = static_cast<std::uint64_t>(pairs.integer(3)),
                   .example = std::string(pairs.text(4))});
  }
  return all;
}

/// SQL for the name of the account under which the success `t` (a row of `task`) is charged; NULL
/// if it is charged under its own. That is the account that was closed first, else seen first, so
/// that a closing changes nothing. Takes no time in a ledger with one account.
[[nodiscard]] std::string charged_under_text(std::size_t accounts);

}  // namespace storage
