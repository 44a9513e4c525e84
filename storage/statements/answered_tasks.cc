#include "storage/statements/answered_tasks.h"

#include "storage/statements/finished_tasks.h"
#include "storage/statements/stored_numbers.h"

namespace storage {

// {scan}: reads only the snapshots above the mark. With the index by task, SQLite would not have to
// sort the result, but would read all snapshots.
std::string answered_text(const core::ReportQuery& query) {
  return "SELECT DISTINCT s.task FROM snapshot AS s {scan} {then} outcome AS o "
         "ON o.id = s.outcome {then} task AS t ON t.id = s.task "
         "WHERE s.id > $1 AND o.verdict " +
         sql_in_final_verdicts() +
         " AND (t.finish_time IS NULL OR (t.finish_time >= $2 AND t.finish_time < $3) OR "
         "EXISTS (SELECT 1 FROM report_line AS f WHERE f.task = t.id))" +
         account_condition(query, "t.account");
}

std::string ruled_by_text(const core::ReportQuery& query) {
  return "SELECT DISTINCT f.task FROM report_line AS f {then} task AS t ON t.id = f.task "
         "WHERE f.incurred = $1" +
         account_condition(query, "t.account");
}

}  // namespace storage
