#include "storage/sqlite/billing/period_blockers.h"

#include <algorithm>
#include <chrono>

#include "storage/sqlite/billing/finished_tasks.h"

namespace storage {
namespace {

void add(core::BlockingTasks& tasks, const AccountNames& accounts, const Cursor& row) {
  core::TaskName name{accounts.name(row.integer(0)), std::string(row.text(1))};
  ++tasks.count;
  tasks.accounts.insert(name.account);
  tasks.oldest = std::min(tasks.oldest, *row.time(2));
  if (tasks.first.size() < core::BlockingTasks::kNamed) {
    tasks.first.push_back(std::move(name));
  }
}

}  // namespace

core::PeriodBlockers find_period_blockers(SQLite::Database& database, const core::Period& period,
                                          core::UtcTime stale_before) {
  core::PeriodBlockers blockers;
  const AccountNames accounts(database);
  const std::int64_t from = period.begin.time_since_epoch().count();
  const std::int64_t to = period.end.time_since_epoch().count();
  Cursor unfinished(database,
                    "SELECT t.account, t.task_id, " + kTaskSince + " AS at FROM " +
                        kUnfinishedOfPeriod + " ORDER BY at, t.id",
                    {0, from, to});
  while (unfinished.step()) {
    const bool stale = *unfinished.time(2) < stale_before;
    add(stale ? blockers.stale : blockers.running, accounts, unfinished);
  }
  Cursor unsettled(database,
                   "SELECT t.account, t.task_id, t.finish_time FROM unsettled AS u CROSS JOIN "
                   "task AS t ON t.id = u.task WHERE t.finish_time >= ?1 AND t.finish_time < ?2 "
                   "ORDER BY t.finish_time, t.id",
                   {from, to});
  while (unsettled.step()) {
    add(blockers.unsettled, accounts, unsettled);
  }
  return blockers;
}

}  // namespace storage
