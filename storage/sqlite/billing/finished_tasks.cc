#include "storage/sqlite/billing/finished_tasks.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "storage/sqlite/billing/shared_tasks.h"
#include "storage/sqlite/fact_columns.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/stored_numbers.h"

namespace storage {
namespace {

void fill_in(std::string& sql, std::string_view mark, std::string_view text) {
  for (std::size_t at = sql.find(mark); at != std::string::npos; at = sql.find(mark, at)) {
    sql.replace(at, mark.size(), text);
    at += text.size();
  }
}

// CROSS JOIN fixes the join order, so that rows arrive in the order of the index.
std::string task_columns() {
  std::string facts = fact_columns("t.");
  fill_in(facts, "t.model", "coalesce(t.model, t.input_model)");
  return "t.account, t.task_id, t.state = {succeeded}, " + facts +
         ", {labels}, t.final_snapshot, s.raw_sha256, {lost}, {charged_under}";
}
constexpr std::string_view kChargedUnder = "{charged_under}";
constexpr int kLabelsColumn = 3 + static_cast<int>(core::kFacts.size());
constexpr int kTimeColumn = kLabelsColumn + 5;
constexpr const char* kLost =
    "EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id AND v.state = {expired})";
constexpr const char* kJoins = " CROSS JOIN snapshot AS s ON s.id = t.final_snapshot ";
constexpr const char* kUnfrozen =
    " AND NOT EXISTS (SELECT 1 FROM report_line AS f WHERE f.task = t.id) ";

// Statement parameters: 1 begin, 2 end.
constexpr const char* kByFinish =
    "t.finish_time AS at FROM task AS t INDEXED BY task_by_finish {joins} WHERE t.state {finished} "
    "AND t.finish_time >= ?1 AND t.finish_time < ?2 {state} {account} {unfrozen} "
    "ORDER BY t.finish_time";
// Few gateways name no finish time; these tasks are sorted.
constexpr const char* kByFirstSeenFinished =
    "{seen} AS at FROM task AS t INDEXED BY task_by_finish {joins} WHERE t.state {finished} "
    "AND t.finish_time IS NULL AND at >= ?1 AND at < ?2 {state} {account} {unfrozen} "
    "ORDER BY at";
constexpr const char* kBySubmit =
    "ifnull(t.submit_time, t.first_seen) AS at FROM task AS t {joins} WHERE t.state {finished} AND "
    "at >= ?1 AND at < ?2 {state} {account} {unfrozen} ORDER BY at";
constexpr const char* kByKey =
    "ifnull(t.finish_time, {seen}) AS at FROM task AS t {joins} WHERE t.id = ?1 AND "
    "t.state {finished} {unfrozen}";

std::string statement(SQLite::Database& database, std::string_view columns, std::string_view rest,
                      std::string_view joins, const core::ReportQuery& query, bool unfrozen_only) {
  std::string sql = "SELECT ";
  ((sql += columns) += ", ") += rest;
  if (sql.find(kChargedUnder) != std::string::npos) {
    fill_in(sql, kChargedUnder, charged_under_sql(database));
  }
  fill_in(sql, "{seen}", first_seen_finished("t.id"));
  fill_in(sql, "{joins}", joins);
  fill_in(sql, "{labels}", query.labels ? "t.labels" : "NULL");
  fill_in(sql, "{lost}", query.videos ? kLost : "0");
  fill_in(sql, "{state}",
          query.successes && query.failures ? ""
          : query.successes                 ? "AND t.state = {succeeded}"
                                            : "AND t.state = {failed}");
  fill_in(sql, "{succeeded}", sql_number(core::TaskState::succeeded));
  fill_in(sql, "{failed}", sql_number(core::TaskState::failed));
  fill_in(sql, "{expired}", sql_number(core::VideoState::expired));
  fill_in(sql, "{finished}", sql_in_finished_states());
  fill_in(sql, "{account}", account_condition(query, "t.account"));
  fill_in(sql, "{unfrozen}", unfrozen_only ? kUnfrozen : "");
  return sql;
}

const char* rest_of(core::TimeIndex index) {
  switch (index) {
    case core::TimeIndex::finish_time:
      return kByFinish;
    case core::TimeIndex::first_seen_finished:
      return kByFirstSeenFinished;
    case core::TimeIndex::submit_time:
      break;
  }
  return kBySubmit;
}

// Each at its first row.
std::vector<Cursor> open_cursors(SQLite::Database& database, const core::ReportQuery& query,
                                 std::string_view columns, std::string_view joins,
                                 bool unfrozen_only) {
  std::vector<Cursor> cursors;
  for (const core::TimeIndex index : core::time_indexes(query.time)) {
    cursors.push_back(select_finished(database, query, index, columns, joins, unfrozen_only));
  }
  std::erase_if(cursors, [](Cursor& cursor) { return !cursor.step(); });
  return cursors;
}

// Reads the columns of task_columns, from left to right, but for the labels, and `at` behind them.
void read_task(const Cursor& row, const AccountNames& accounts, core::FinishedTask& task) {
  int column = read_task_columns(row, accounts, task);
  ++column;  // kLabelsColumn
  task.snapshot = row.integer(column++);
  task.raw_sha256 = hex_digits(row.text(column++));
  task.lost = row.integer(column++) != 0;
  task.charged_under = row.text(column);
  task.billed_at = *row.time(kTimeColumn);
}

core::BilledAt source_of(const core::TaskFacts& facts, core::ReportTime time) {
  switch (time) {
    case core::ReportTime::finish:
      return facts.finish_time ? core::BilledAt::named : core::BilledAt::first_seen_finished;
    case core::ReportTime::submit:
      break;
  }
  return facts.submit_time ? core::BilledAt::named : core::BilledAt::first_seen;
}

}  // namespace

std::string first_seen_finished(std::string_view task) {
  std::string sql =
      "(SELECT min(f.observed_at) FROM snapshot AS f JOIN outcome AS o ON o.id = f.outcome "
      "WHERE f.task = ";
  return sql.append(task).append(" AND o.verdict " + sql_in_final_verdicts() + ")");
}

std::string account_condition(const core::ReportQuery& query, std::string_view column) {
  if (query.account == 0) {
    return {};
  }
  std::string condition = " AND ";
  return condition.append(column).append(" = ").append(std::to_string(query.account)).append(" ");
}

Cursor select_finished(SQLite::Database& database, const core::ReportQuery& query,
                       core::TimeIndex index, std::string_view columns, std::string_view joins,
                       bool unfrozen_only) {
  return {database,
          statement(database, columns, rest_of(index), joins, query, unfrozen_only),
          {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count()}};
}

AccountNames::AccountNames(SQLite::Database& database) {
  Cursor rows(database, "SELECT id, name FROM account", {});
  while (rows.step()) {
    names_.emplace(rows.integer(0), rows.text(1));
  }
}

const std::string& AccountNames::name(std::int64_t key) const {
  const auto found = names_.find(key);
  if (found == names_.end()) {
    throw core::Error("a task's account is not in the ledger; run `reeltally db check`");
  }
  return found->second;
}

int read_task_columns(const Cursor& row, const AccountNames& accounts, core::FinishedTask& task) {
  int column = 0;
  task.account = accounts.name(row.integer(column++));
  task.task_id = row.text(column++);
  task.succeeded = row.integer(column++) != 0;
  for (const auto member : core::kFactTimes) {
    task.facts.*member = row.time(column++);
  }
  for (const auto member : core::kFactTexts) {
    task.facts.*member = row.text(column++);
  }
  return column;
}

FinishedTasks::FinishedTasks(SQLite::Database& database, const core::ReportQuery& query,
                             bool unfrozen_only)
    : accounts_(database),
      cursors_(open_cursors(database, query, task_columns(), kJoins, unfrozen_only)),
      time_(query.time) {}

std::vector<Cursor>::const_iterator FinishedTasks::next() const {
  return std::min_element(cursors_.begin(), cursors_.end(),
                          [](const Cursor& left, const Cursor& right) {
                            return left.integer(kTimeColumn) < right.integer(kTimeColumn);
                          });
}

core::UtcTime FinishedTasks::time() const { return *next()->time(kTimeColumn); }

void FinishedTasks::take(core::FinishedTask& task) {
  const auto from = cursors_.begin() + (next() - cursors_.begin());
  read_task(*from, accounts_, task);
  task.labels = labels_.read(from->text(kLabelsColumn));
  task.billed_at_source = source_of(task.facts, time_);
  if (!from->step()) {
    cursors_.erase(from);
  }
}

FinishedTaskByKey::FinishedTaskByKey(SQLite::Database& database)
    : accounts_(database),
      cursor_(database,
              statement(database, task_columns(), kByKey, kJoins, {.videos = true}, false), {0}) {}

bool FinishedTaskByKey::find(std::int64_t key, core::FinishedTask& task) {
  cursor_.restart({key});
  if (!cursor_.step()) {
    return false;
  }
  read_task(cursor_, accounts_, task);
  task.labels = read_labels(cursor_.text(kLabelsColumn));
  task.billed_at_source = source_of(task.facts, core::ReportTime::finish);
  return true;
}

void add_label_names(SQLite::Database& database, const core::ReportQuery& query, bool unfrozen_only,
                     const std::function<bool(core::UtcTime)>& skip, std::set<std::string>& names) {
  constexpr std::size_t kKnownMax = 1000;
  std::set<std::string, std::less<>> known;  // the labels of a period are few, or each task's own
  for (Cursor& cursor : open_cursors(database, query, "t.labels", "", unfrozen_only)) {
    do {
      const std::string_view labels = cursor.text(0);
      if (known.contains(labels) || skip(*cursor.time(1))) {
        continue;
      }
      for (auto& [name, value] : read_labels(labels)) {
        names.insert(std::move(name));
      }
      if (known.size() < kKnownMax) {
        known.emplace(labels);
      }
    } while (cursor.step());
  }
}

}  // namespace storage
