#include "storage/statements/period_counts.h"

#include "storage/statements/finished_tasks.h"
#include "storage/statements/stored_numbers.h"
#include "storage/statements/task_rules.h"

namespace storage {

namespace {

std::string open_tasks_from(const std::string& columns, const core::ReportQuery& query,
                            core::TaskState state) {
  const std::string index =
      state == core::TaskState::missing ? "{by task_missing}" : "{by task_unfinished}";
  return "SELECT " + columns + " FROM task AS t " + index +
         " WHERE t.state = " + sql_number(state) + " AND " + kTaskSince + " >= $1 AND " +
         kTaskSince + " < $2 AND t.id NOT IN (SELECT task FROM forgotten)" +
         account_condition(query, "t.account");
}

}  // namespace

std::string open_tasks_text(const core::ReportQuery& query, core::TaskState state) {
  return query.label_filter.empty()
             ? open_tasks_from("count(*), NULL", query, state)
             : open_tasks_from("count(*), t.labels", query, state) + " GROUP BY t.labels";
}

std::string each_open_task_text(const core::ReportQuery& query, core::TaskState state) {
  return open_tasks_from("t.task_id, coalesce(t.request_id, '')", query, state);
}

std::string future_tasks_text(const core::ReportQuery& query) {
  return "SELECT task_id, finish_time, labels FROM task {by task_by_finish} WHERE state " +
         sql_in_finished_states() + " AND finish_time > $1 + coalesce((" + kNewestAnswer +
         "), 9000000000000000)" + account_condition(query, "account") + " ORDER BY finish_time, id";
}

}  // namespace storage
