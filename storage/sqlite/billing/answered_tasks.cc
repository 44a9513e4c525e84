#include "storage/sqlite/billing/answered_tasks.h"

#include <algorithm>
#include <limits>

#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/cursor.h"
#include "storage/sqlite/stored_numbers.h"

namespace storage {

std::vector<std::int64_t> tasks_answered_since(
    SQLite::Database& database, const std::vector<const core::ClosedPeriod*>& periods,
    const core::ReportQuery& query) {
  std::int64_t checked_to = std::numeric_limits<std::int64_t>::max();
  core::UtcTime begin = core::UtcTime::max();
  core::UtcTime end = core::UtcTime::min();
  for (const core::ClosedPeriod* closed : periods) {
    checked_to = std::min(checked_to, closed->checked_to);
    begin = std::min(begin, closed->period.begin);
    end = std::max(end, closed->period.end);
  }
  // NOT INDEXED: reads only the snapshots above the mark. With the index by task SQLite would avoid
  // sorting the result, but read all snapshots.
  Cursor rows(
      database,
      std::string("SELECT DISTINCT s.task FROM snapshot AS s NOT INDEXED CROSS JOIN outcome AS o "
                  "ON o.id = s.outcome CROSS JOIN task AS t ON t.id = s.task "
                  "WHERE s.id > ?1 AND o.verdict ") +
          sql_in_final_verdicts() +
          " AND (t.finish_time IS NULL OR "
          "(t.finish_time >= ?2 AND t.finish_time < ?3) OR "
          "EXISTS (SELECT 1 FROM report_line AS f WHERE f.task = t.id))" +
          account_condition(query, "t.account"),
      {checked_to, begin.time_since_epoch().count(), end.time_since_epoch().count()});
  std::vector<std::int64_t> tasks;
  while (rows.step()) {
    tasks.push_back(rows.integer(0));
  }
  return tasks;
}

std::vector<std::int64_t> tasks_ruled_by(SQLite::Database& database,
                                         const core::ClosedPeriod& closed,
                                         const core::ReportQuery& query) {
  Cursor rows(database,
              "SELECT DISTINCT f.task FROM report_line AS f CROSS JOIN task AS t ON t.id = f.task "
              "WHERE f.incurred = ?1" +
                  account_condition(query, "t.account"),
              {closed.key});
  std::vector<std::int64_t> tasks;
  while (rows.step()) {
    tasks.push_back(rows.integer(0));
  }
  return tasks;
}

}  // namespace storage
