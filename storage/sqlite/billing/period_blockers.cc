#include "storage/sqlite/billing/period_blockers.h"

#include <algorithm>
#include <chrono>

#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"

namespace storage {
namespace {

void add(BlockingTasks& tasks, const AccountNames& accounts, const Cursor& row) {
  TaskName name{accounts.name(row.integer(0)), std::string(row.text(1))};
  ++tasks.count;
  tasks.accounts.insert(name.account);
  tasks.oldest = std::min(tasks.oldest, *row.time(2));
  if (tasks.first.size() < BlockingTasks::kNamed) {
    tasks.first.push_back(std::move(name));
  }
}

}  // namespace

PeriodBlockers find_period_blockers(const std::string& path, core::UtcTime begin, core::UtcTime end,
                                    core::UtcTime stale_before) {
  const auto database = open_for_reading(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "read", [&] {
    PeriodBlockers blockers;
    const AccountNames accounts(*database);
    const std::int64_t from = begin.time_since_epoch().count();
    const std::int64_t to = end.time_since_epoch().count();
    Cursor unfinished(*database,
                      std::string("SELECT account, task_id, ") + kSubmitted + " AS at FROM " +
                          kUnfinishedOfPeriod + " ORDER BY at, id",
                      {0, from, to});
    while (unfinished.step()) {
      const bool stale = *unfinished.time(2) < stale_before;
      add(stale ? blockers.stale : blockers.running, accounts, unfinished);
    }
    Cursor unsettled(*database,
                     "SELECT t.account, t.task_id, t.finish_time FROM unsettled AS u CROSS JOIN "
                     "task AS t ON t.id = u.task WHERE t.finish_time >= ?1 AND t.finish_time < ?2 "
                     "ORDER BY t.finish_time, t.id",
                     {from, to});
    while (unsettled.step()) {
      add(blockers.unsettled, accounts, unsettled);
    }
    return blockers;
  });
}

}  // namespace storage
