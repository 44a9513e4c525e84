#include "storage/statements/shared_tasks.h"

#include "storage/statements/stored_numbers.h"

namespace storage {
namespace {

// For the rows `t` and `o` of `task`, with the same ID under two accounts. Links are signed anew
// for each answer, so the bytes may differ although the times are equal.
constexpr const char* kOneTask =
    "(o.state = t.state AND ((o.submit_time IS NOT DISTINCT FROM t.submit_time AND o.finish_time "
    "IS NOT DISTINCT FROM t.finish_time AND coalesce(t.submit_time, t.finish_time) IS NOT NULL) OR "
    "(SELECT raw_sha256 FROM snapshot WHERE id = o.final_snapshot) = "
    "(SELECT raw_sha256 FROM snapshot WHERE id = t.final_snapshot)))";
constexpr const char* kNotBothMeant =
    "(t.account_named = 0 OR o.account_named = 0) AND t.id NOT IN (SELECT task FROM forgotten) AND "
    "o.id NOT IN (SELECT task FROM forgotten)";
// By the index of accounts and IDs.
constexpr const char* kOther = "{then} task AS o ON o.account = a.id AND o.task_id = t.task_id ";

}  // namespace

// Each pair of tasks once. {then} fixes the order: first the few accounts, then the index.
std::string shared_tasks_text(core::SharedTaskScope scope) {
  const bool last_run = scope == core::SharedTaskScope::last_run;
  return std::string(
             "SELECT x.name, y.name, count(*), sum(one_task), "
             "coalesce(min(CASE one_task WHEN 1 THEN task_id END), min(task_id)) FROM (SELECT "
             "CASE WHEN t.account < o.account THEN t.account ELSE o.account END AS low, "
             "CASE WHEN t.account < o.account THEN o.account ELSE t.account END AS high, "
             "t.task_id AS task_id, CASE WHEN t.state ") +
         sql_in_finished_states() + " AND " + kOneTask + " THEN 1 ELSE 0 END AS one_task FROM " +
         (last_run ? "work AS w {then} task AS t ON t.id = w.task " : "task AS t ") +
         "{then} account AS a ON a.id <> t.account " + kOther + "WHERE " + kNotBothMeant +
         " AND (o.id < t.id" +
         (last_run ? " OR NOT EXISTS (SELECT 1 FROM work WHERE task = o.id)" : "") +
         ")) AS pair JOIN account AS x ON x.id = low JOIN account AS y ON y.id = high "
         "GROUP BY low, high, x.name, y.name ORDER BY low, high";
}

std::string charged_under_text(std::size_t accounts) {
  if (accounts < 2) {
    return "NULL";
  }
  const auto turn = [](const std::string& task) {
    return "coalesce((SELECT min(period) FROM report_line WHERE task = " + task +
           ".id), 9223372036854775807), " + task + ".id";
  };
  return "(SELECT a.name FROM account AS a " + std::string(kOther) +
         "WHERE a.id <> t.account AND o.state = " + sql_number(core::TaskState::succeeded) +
         " AND " + kNotBothMeant + " AND " + kOneTask + " AND (" + turn("o") + ") < (" + turn("t") +
         ") ORDER BY " + turn("o") + " LIMIT 1)";
}

}  // namespace storage
