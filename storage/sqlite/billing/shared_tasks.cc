#include "storage/sqlite/billing/shared_tasks.h"

#include "storage/sqlite/statement.h"
#include "storage/sqlite/stored_numbers.h"

namespace storage {
namespace {

// Of the rows `t` and `o` of `task`, with the same ID under two accounts. Links are signed anew for
// each answer, so the bytes may differ where the times do not.
constexpr const char* kOneTask =
    "(o.state = t.state AND ((o.submit_time IS t.submit_time AND o.finish_time IS t.finish_time "
    "AND coalesce(t.submit_time, t.finish_time) IS NOT NULL) OR "
    "(SELECT raw_sha256 FROM snapshot WHERE id = o.final_snapshot) = "
    "(SELECT raw_sha256 FROM snapshot WHERE id = t.final_snapshot)))";
constexpr const char* kNotBothMeant =
    "NOT (t.account_named AND o.account_named) AND t.id NOT IN (SELECT task FROM forgotten) AND "
    "o.id NOT IN (SELECT task FROM forgotten)";
// By the index of accounts and IDs.
constexpr const char* kOther =
    "CROSS JOIN task AS o ON o.account = a.id AND o.task_id = t.task_id ";

std::int64_t accounts_in(SQLite::Database& database) {
  return database.execAndGet("SELECT count(*) FROM account").getInt64();
}

// Each pair of tasks once. CROSS JOIN fixes the order: few accounts, then the index.
std::string pairs_sql(core::SharedTaskScope scope) {
  const bool last_run = scope == core::SharedTaskScope::last_run;
  return std::string(
             "SELECT x.name, y.name, count(*), sum(one_task), "
             "coalesce(min(CASE WHEN one_task THEN task_id END), min(task_id)) FROM ("
             "SELECT min(t.account, o.account) AS low, max(t.account, o.account) AS high, "
             "t.task_id AS task_id, t.state ") +
         sql_in_finished_states() + " AND " + kOneTask + " AS one_task FROM " +
         (last_run ? "work AS w CROSS JOIN task AS t ON t.id = w.task " : "task AS t ") +
         "CROSS JOIN account AS a ON a.id <> t.account " + kOther + "WHERE " + kNotBothMeant +
         " AND (o.id < t.id" +
         (last_run ? " OR NOT EXISTS (SELECT 1 FROM work WHERE task = o.id)" : "") +
         ")) JOIN account AS x ON x.id = low JOIN account AS y ON y.id = high GROUP BY low, high";
}

}  // namespace

std::vector<core::SharedTasks> find_shared_tasks(SQLite::Database& database,
                                                 core::SharedTaskScope scope) {
  std::vector<core::SharedTasks> all;
  if (accounts_in(database) < 2) {
    return all;
  }
  Statement pairs(database, pairs_sql(scope).c_str());
  while (pairs.step()) {
    all.push_back({.account = std::string(pairs.text(0)),
                   .other = std::string(pairs.text(1)),
                   .tasks = static_cast<std::uint64_t>(pairs.integer(2)),
                   .one_task = static_cast<std::uint64_t>(pairs.integer(3)),
                   .example = std::string(pairs.text(4))});
  }
  return all;
}

std::string charged_under_sql(SQLite::Database& database) {
  if (accounts_in(database) < 2) {
    return "NULL";
  }
  const auto turn = [](const std::string& task) {
    return "ifnull((SELECT min(period) FROM report_line WHERE task = " + task +
           ".id), 9223372036854775807), " + task + ".id";
  };
  return "(SELECT a.name FROM account AS a " + std::string(kOther) +
         "WHERE a.id <> t.account AND o.state = " + sql_number(core::TaskState::succeeded) +
         " AND " + kNotBothMeant + " AND " + kOneTask + " AND (" + turn("o") + ") < (" + turn("t") +
         ") ORDER BY " + turn("o") + " LIMIT 1)";
}

}  // namespace storage
