#include "storage/reports.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "storage/database.h"
#include "storage/migrations.h"
#include "storage/statement.h"

namespace storage {
namespace {

constexpr int kCacheKib = 32 * 1024;  // tasks lie in another order than that of their end

// A CROSS JOIN is taken in this order: the tasks come as their index or sorter brings them.
constexpr const char* kColumns =
    "a.name, t.task_id, t.state, t.submit_time, t.start_time, t.finish_time, "
    "t.upstream_end_time, coalesce(t.model, t.input_model), t.action, t.resolution, t.ratio, "
    "t.duration_seconds, t.input_seconds, t.output_seconds, t.video_count, t.completion_tokens, "
    "t.total_tokens, t.super_resolution_tokens, t.units, t.credits, t.quota, t.fail_reason, "
    "t.labels, t.final_snapshot, s.raw_sha256";
constexpr const char* kJoins =
    " CROSS JOIN account AS a ON a.id = t.account "
    "CROSS JOIN snapshot AS s ON s.id = t.final_snapshot ";

// Statement parameters: 1 begin, 2 end, 3 and 4 the states wanted. `state IN (1, 2)` is word for
// word that of the index.
constexpr const char* kByFinish =
    "t.finish_time AS at FROM task AS t INDEXED BY task_by_finish {joins} WHERE t.state IN (1, 2) "
    "AND t.finish_time >= ?1 AND t.finish_time < ?2 AND t.state IN (?3, ?4) ORDER BY t.finish_time";
// Few gateways name no finish time; these tasks are sorted.
constexpr const char* kByFirstSeenFinished =
    "(SELECT min(f.observed_at) FROM snapshot AS f JOIN outcome AS o ON o.id = f.outcome "
    "WHERE f.task = t.id AND o.verdict IN (1, 2)) AS at "
    "FROM task AS t INDEXED BY task_by_finish {joins} WHERE t.state IN (1, 2) "
    "AND t.finish_time IS NULL AND t.state IN (?3, ?4) AND at >= ?1 AND at < ?2 ORDER BY at";
constexpr const char* kBySubmit =
    "ifnull(t.submit_time, t.first_seen) AS at FROM task AS t {joins} WHERE t.state IN (1, 2) AND "
    "at >= ?1 AND at < ?2 AND t.state IN (?3, ?4) ORDER BY at";

std::string select(const char* columns, const char* rest, const char* joins) {
  std::string sql = std::string("SELECT ") + columns + ", " + rest;
  const std::string_view mark = "{joins}";
  return sql.replace(sql.find(mark), mark.size(), joins);
}

core::Labels parse_labels(std::string_view json) {
  core::Labels labels;
  const auto parsed = nlohmann::ordered_json::parse(json, nullptr, false);
  if (!parsed.is_object()) {
    throw core::Error("the labels of a task are damaged; run `reeltally db check`");
  }
  for (const auto& [name, value] : parsed.items()) {
    labels.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return labels;
}

// One prepared statement, through the C interface: a million rows of 25 columns pass here.
class Cursor {
 public:
  Cursor(SQLite::Database& database, const std::string& sql, const ReportQuery& query)
      : handle_(database.getHandle()) {
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &made, nullptr), SQLITE_OK);
    statement_.reset(made);
    const std::int64_t failed = query.failures ? 2 : 1;
    const std::int64_t succeeded = query.successes ? 1 : 2;
    const std::array<std::int64_t, 4> values = {query.begin.time_since_epoch().count(),
                                                query.end.time_since_epoch().count(), succeeded,
                                                failed};
    int position = 1;
    for (const std::int64_t value : values) {
      check(sqlite3_bind_int64(made, position++, value), SQLITE_OK);
    }
  }

  bool step() {
    const int code = sqlite3_step(statement_.get());
    if (code != SQLITE_DONE) {
      check(code, SQLITE_ROW);
    }
    return code == SQLITE_ROW;
  }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  /// Valid until the next step.
  [[nodiscard]] std::string_view text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  }
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const {
    if (is_null(column)) {
      return std::nullopt;
    }
    return core::UtcTime(std::chrono::milliseconds(integer(column)));
  }

 private:
  void check(int code, int expected) const {
    if (code != expected) {
      throw SQLite::Exception(handle_, code);
    }
  }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* handle_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

std::string hex_digits(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr unsigned kNibble = 4;
  constexpr unsigned kLow = 15;
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char one : bytes) {
    const auto byte = static_cast<unsigned char>(one);
    out += kDigits[byte >> kNibble];
    out += kDigits[byte & kLow];
  }
  return out;
}

// Reads the columns of kColumns, from left to right, and `at` behind them.
void read_task(const Cursor& row, core::FinishedTask& task) {
  int column = 0;
  core::TaskFacts& facts = task.facts;
  task.account = row.text(column++);
  task.task_id = row.text(column++);
  task.succeeded = row.integer(column++) == static_cast<int>(core::TaskState::succeeded);
  for (auto* time :
       {&facts.submit_time, &facts.start_time, &facts.finish_time, &facts.upstream_end_time}) {
    *time = row.time(column++);
  }
  for (std::string* text :
       {&facts.model, &facts.action, &facts.resolution, &facts.ratio, &facts.duration_seconds,
        &facts.input_seconds, &facts.output_seconds, &facts.video_count, &facts.completion_tokens,
        &facts.total_tokens, &facts.super_resolution_tokens, &facts.units, &facts.credits,
        &facts.quota, &facts.fail_reason}) {
    *text = row.text(column++);
  }
  task.labels = row.is_null(column) ? core::Labels() : parse_labels(row.text(column));
  ++column;
  task.snapshot = row.integer(column++);
  task.raw_sha256 = hex_digits(row.text(column++));
  task.billed_at = *row.time(column);
}

// Tasks of one instant, sorted when it is over.
class Instant {
 public:
  explicit Instant(const std::function<void(const core::FinishedTask&)>& visit) : visit_(visit) {}

  core::FinishedTask& add(core::UtcTime at) {
    if (count_ > 0 && at != at_) {
      flush();
    }
    at_ = at;
    if (count_ == tasks_.size()) {
      tasks_.emplace_back();
    }
    return tasks_[count_++];
  }
  void flush() {
    const auto end = tasks_.begin() + static_cast<std::ptrdiff_t>(count_);
    std::sort(tasks_.begin(), end, [](const auto& left, const auto& right) {
      return std::tie(left.task_id, left.account) < std::tie(right.task_id, right.account);
    });
    std::for_each(tasks_.begin(), end, visit_);
    count_ = 0;
  }

 private:
  const std::function<void(const core::FinishedTask&)>& visit_;
  std::vector<core::FinishedTask> tasks_;  // kept, so that their texts keep their room
  std::size_t count_ = 0;
  core::UtcTime at_{};
};

constexpr int kTimeColumn = 25;

}  // namespace

struct Reports::Connection {
  explicit Connection(const std::string& ledger)
      : path(ledger), database(open_for_reading(ledger)) {
    require_schema(*database, path, embedded_migrations());
    with_ledger_errors(path, "read", [&] {
      database->exec("PRAGMA cache_size = " + std::to_string(-kCacheKib));
      // One transaction for all reads: rows, totals and counts are of one state.
      database->exec("BEGIN");
      (void)database->execAndGet("SELECT count(*) FROM sqlite_schema").getInt64();
    });
  }
  std::string path;
  std::unique_ptr<SQLite::Database> database;
};

Reports::Reports(const std::string& path) : connection_(std::make_unique<Connection>(path)) {}
Reports::~Reports() = default;

void Reports::each_task(const ReportQuery& query,
                        const std::function<void(const core::FinishedTask&)>& visit) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] {
    const bool by_finish = query.time == ReportTime::finish;
    std::vector<Cursor> cursors;
    for (const char* rest :
         by_finish ? std::vector{kByFinish, kByFirstSeenFinished} : std::vector{kBySubmit}) {
      cursors.emplace_back(*c.database, select(kColumns, rest, kJoins), query);
    }
    std::erase_if(cursors, [](Cursor& cursor) { return !cursor.step(); });
    Instant instant(visit);
    while (!cursors.empty()) {
      const auto next = std::min_element(
          cursors.begin(), cursors.end(), [](const Cursor& left, const Cursor& right) {
            return left.integer(kTimeColumn) < right.integer(kTimeColumn);
          });
      core::FinishedTask& task = instant.add(*next->time(kTimeColumn));
      read_task(*next, task);
      task.billed_at_is_first_seen = by_finish && !task.facts.finish_time;
      if (!next->step()) {
        cursors.erase(next);
      }
    }
    instant.flush();
  });
}

std::vector<std::string> Reports::label_names(const ReportQuery& query) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    std::set<std::string> names;
    std::string last;
    const bool by_finish = query.time == ReportTime::finish;
    for (const char* rest :
         by_finish ? std::vector{kByFinish, kByFirstSeenFinished} : std::vector{kBySubmit}) {
      Cursor cursor(*c.database, select("t.labels", rest, ""), query);
      while (cursor.step()) {
        if (!cursor.is_null(0) && cursor.text(0) != last) {
          last = cursor.text(0);
          for (auto& [name, value] : parse_labels(last)) {
            names.insert(std::move(name));
          }
        }
      }
    }
    return std::vector<std::string>(names.begin(), names.end());
  });
}

OpenTasks Reports::open_tasks(core::UtcTime begin, core::UtcTime end) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    Statement select_counts(*c.database,
                            "SELECT ifnull(sum(state = 0), 0), ifnull(sum(state = 3), 0) FROM task "
                            "WHERE state IN (0, 3) AND ifnull(submit_time, first_seen) >= ? AND "
                            "ifnull(submit_time, first_seen) < ?");
    select_counts.bind(1, std::int64_t{begin.time_since_epoch().count()});
    select_counts.bind(2, std::int64_t{end.time_since_epoch().count()});
    OpenTasks open;
    if (select_counts.step()) {
      open.unfinished = static_cast<std::uint64_t>(select_counts.integer(0));
      open.missing = static_cast<std::uint64_t>(select_counts.integer(1));
    }
    return open;
  });
}

int Reports::schema_version() const { return embedded_migrations().back().number; }

}  // namespace storage
