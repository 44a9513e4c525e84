// The tasks that prevent a period from being closed.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "core/billing/billing_source.h"
#include "storage/statements/account_names.h"
#include "storage/statements/closing_texts.h"
#include "storage/statements/rows.h"

namespace storage {

/// {account, ID, time} of the unfinished tasks of [$1, $2).
inline const std::string kUnfinished = "SELECT t.account, t.task_id, " + kTaskSince +
                                       " AS at FROM " + kUnfinishedOfPeriod + " ORDER BY at, t.id";
/// The same for finished tasks that are to be queried once more.
inline constexpr const char* kUnsettled =
    "SELECT t.account, t.task_id, t.finish_time FROM unsettled AS u {then} task AS t ON t.id = "
    "u.task WHERE t.finish_time >= $1 AND t.finish_time < $2 ORDER BY t.finish_time, t.id";

template <RowReader Row>
void add_blocking(core::BlockingTasks& tasks, const AccountNames& accounts, const Row& row) {
  core::TaskName name{accounts.name(row.integer(0)), std::string(row.text(1))};
  ++tasks.count;
  tasks.accounts.insert(name.account);
  tasks.oldest = std::min(tasks.oldest, *row.time(2));
  if (tasks.first.size() < core::BlockingTasks::kNamed) {
    tasks.first.push_back(std::move(name));
  }
}

template <RowSource Rows>
[[nodiscard]] core::PeriodBlockers find_period_blockers(Rows& source, const core::Period& period,
                                                        core::UtcTime stale_before) {
  core::PeriodBlockers blockers;
  const AccountNames accounts(source);
  const std::int64_t from = period.begin.time_since_epoch().count();
  const std::int64_t to = period.end.time_since_epoch().count();
  auto unfinished = source.select(kUnfinished, {from, to});
  while (unfinished.step()) {
    const bool stale = *unfinished.time(2) < stale_before;
    add_blocking(stale ? blockers.stale : blockers.running, accounts, unfinished);
  }
  auto unsettled = source.select(kUnsettled, {from, to});
  while (unsettled.step()) {
    add_blocking(blockers.unsettled, accounts, unsettled);
  }
  return blockers;
}

}  // namespace storage
