#include "storage/finished_tasks.h"

#include <algorithm>
#include <utility>

#include "storage/json_text.h"
#include "storage/statement.h"

namespace storage {
namespace {

// A CROSS JOIN is taken in this order: the tasks come as their index or sorter brings them.
constexpr const char* kColumns =
    "a.name, t.task_id, t.state = 1, t.submit_time, t.start_time, t.finish_time, "
    "t.upstream_end_time, coalesce(t.model, t.input_model), t.action, t.resolution, t.ratio, "
    "t.duration_seconds, t.input_seconds, t.output_seconds, t.video_count, t.completion_tokens, "
    "t.total_tokens, t.super_resolution_tokens, t.units, t.credits, t.quota, t.fail_reason, "
    "t.labels, t.final_snapshot, s.raw_sha256, {lost}";
constexpr int kLabelsColumn = 22;
constexpr int kTimeColumn = 26;
constexpr const char* kLost =
    "EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id AND v.state = 3)";
constexpr const char* kJoins =
    " CROSS JOIN account AS a ON a.id = t.account "
    "CROSS JOIN snapshot AS s ON s.id = t.final_snapshot ";
constexpr const char* kUnfrozen =
    " AND NOT EXISTS (SELECT 1 FROM report_line AS f WHERE f.task = t.id) ";

// Statement parameters: 1 begin, 2 end, 3 and 4 the states wanted. `state IN (1, 2)` is word for
// word that of the index.
constexpr const char* kByFinish =
    "t.finish_time AS at FROM task AS t INDEXED BY task_by_finish {joins} WHERE t.state IN (1, 2) "
    "AND t.finish_time >= ?1 AND t.finish_time < ?2 AND t.state IN (?3, ?4) {unfrozen} "
    "ORDER BY t.finish_time";
// Few gateways name no finish time; these tasks are sorted.
#define FIRST_SEEN_FINISHED                                                              \
  "(SELECT min(f.observed_at) FROM snapshot AS f JOIN outcome AS o ON o.id = f.outcome " \
  "WHERE f.task = t.id AND o.verdict IN (1, 2))"
constexpr const char* kByFirstSeenFinished = FIRST_SEEN_FINISHED
    " AS at FROM task AS t INDEXED BY task_by_finish {joins} WHERE t.state IN (1, 2) "
    "AND t.finish_time IS NULL AND t.state IN (?3, ?4) AND at >= ?1 AND at < ?2 {unfrozen} "
    "ORDER BY at";
constexpr const char* kBySubmit =
    "ifnull(t.submit_time, t.first_seen) AS at FROM task AS t {joins} WHERE t.state IN (1, 2) AND "
    "at >= ?1 AND at < ?2 AND t.state IN (?3, ?4) {unfrozen} ORDER BY at";
constexpr const char* kByKey =
    "ifnull(t.finish_time, " FIRST_SEEN_FINISHED
    ") AS at FROM task AS t {joins} WHERE t.id = ?1 AND t.state IN (1, 2) {unfrozen}";
#undef FIRST_SEEN_FINISHED

void fill_in(std::string& sql, std::string_view mark, std::string_view text) {
  sql.replace(sql.find(mark), mark.size(), text);
}

std::string select_labels(const char* rest, bool unfrozen_only) {
  std::string sql = std::string("SELECT t.labels, ") + rest;
  fill_in(sql, "{joins}", "");
  fill_in(sql, "{unfrozen}", unfrozen_only ? kUnfrozen : "");
  return sql;
}

std::string select_tasks(const char* rest, bool unfrozen_only, bool videos) {
  std::string sql = std::string("SELECT ") + kColumns + ", " + rest;
  fill_in(sql, "{lost}", videos ? kLost : "0");
  fill_in(sql, "{joins}", kJoins);
  fill_in(sql, "{unfrozen}", unfrozen_only ? kUnfrozen : "");
  return sql;
}

// `sql` makes a statement of one of the above.
template <typename Sql>
std::vector<Cursor> open_cursors(SQLite::Database& database, const ReportQuery& query, Sql sql) {
  constexpr std::int64_t kSucceeded = 1;
  constexpr std::int64_t kFailed = 2;
  const bool by_finish = query.time == ReportTime::finish;
  std::vector<Cursor> cursors;
  for (const char* rest :
       by_finish ? std::vector{kByFinish, kByFirstSeenFinished} : std::vector{kBySubmit}) {
    cursors.emplace_back(
        database, sql(rest),
        std::initializer_list<std::int64_t>{
            query.begin.time_since_epoch().count(), query.end.time_since_epoch().count(),
            query.successes ? kSucceeded : kFailed, query.failures ? kFailed : kSucceeded});
  }
  std::erase_if(cursors, [](Cursor& cursor) { return !cursor.step(); });
  return cursors;
}

// Reads the columns of kColumns, from left to right, but for the labels, and `at` behind them.
void read_task(const Cursor& row, core::FinishedTask& task) {
  int column = read_task_columns(row, task);
  ++column;  // kLabelsColumn
  task.snapshot = row.integer(column++);
  task.raw_sha256 = hex_digits(row.text(column++));
  task.lost = row.integer(column) != 0;
  task.billed_at = *row.time(kTimeColumn);
}

}  // namespace

int read_task_columns(const Cursor& row, core::FinishedTask& task) {
  int column = 0;
  task.account = row.text(column++);
  task.task_id = row.text(column++);
  task.succeeded = row.integer(column++) != 0;
  for (const auto member : kFactTimes) {
    task.facts.*member = row.time(column++);
  }
  for (const auto member : kFactTexts) {
    task.facts.*member = row.text(column++);
  }
  return column;
}

FinishedTasks::FinishedTasks(SQLite::Database& database, const ReportQuery& query,
                             bool unfrozen_only)
    : cursors_(open_cursors(
          database, query,
          [&](const char* rest) { return select_tasks(rest, unfrozen_only, query.videos); })),
      by_finish_(query.time == ReportTime::finish) {}

std::vector<Cursor>::const_iterator FinishedTasks::next() const {
  return std::min_element(cursors_.begin(), cursors_.end(),
                          [](const Cursor& left, const Cursor& right) {
                            return left.integer(kTimeColumn) < right.integer(kTimeColumn);
                          });
}

core::UtcTime FinishedTasks::time() const { return *next()->time(kTimeColumn); }

void FinishedTasks::take(core::FinishedTask& task) {
  const auto from = cursors_.begin() + (next() - cursors_.begin());
  read_task(*from, task);
  task.labels = labels_.read(from->text(kLabelsColumn));
  task.billed_at_is_first_seen = by_finish_ && !task.facts.finish_time;
  if (!from->step()) {
    cursors_.erase(from);
  }
}

FinishedTaskByKey::FinishedTaskByKey(SQLite::Database& database)
    : cursor_(database, select_tasks(kByKey, false, true), {0}) {}

bool FinishedTaskByKey::find(std::int64_t key, core::FinishedTask& task) {
  cursor_.restart({key});
  if (!cursor_.step()) {
    return false;
  }
  read_task(cursor_, task);
  task.labels = read_labels(cursor_.text(kLabelsColumn));
  task.billed_at_is_first_seen = !task.facts.finish_time;
  return true;
}

void add_label_names(SQLite::Database& database, const ReportQuery& query, bool unfrozen_only,
                     const std::function<bool(core::UtcTime)>& skip, std::set<std::string>& names) {
  constexpr std::size_t kKnownMax = 1000;
  std::set<std::string, std::less<>> known;  // the labels of a period are few, or each task's own
  for (Cursor& cursor : open_cursors(
           database, query, [&](const char* rest) { return select_labels(rest, unfrozen_only); })) {
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
