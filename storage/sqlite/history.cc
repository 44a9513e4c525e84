#include "storage/sqlite/history.h"

#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

std::vector<ViewRow> rows_of(SQLite::Statement& select) {
  std::vector<ViewRow> rows;
  while (select.executeStep()) {
    ViewRow row;
    for (int i = 0; i < select.getColumnCount(); ++i) {
      const SQLite::Column value = select.getColumn(i);
      row.emplace_back(select.getColumnName(i),
                       value.isNull() ? std::nullopt : std::optional(value.getString()));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

struct History::Connection {
  explicit Connection(const std::string& ledger)
      : path(ledger), database(open_for_reading(ledger)) {
    require_schema(*database, path, embedded_migrations());
  }
  // Of a final answer that was pruned and heard again the later bytes, which are the same.
  std::optional<std::string> raw_answer_of_line(std::int64_t snapshot) {
    SQLite::Statement same(*database,
                           "SELECT s.id FROM snapshot AS o JOIN snapshot AS s ON s.task = o.task "
                           "AND s.raw_sha256 = o.raw_sha256 WHERE o.id = ? AND s.block IS NOT NULL "
                           "ORDER BY s.id LIMIT 1");
    same.bind(1, snapshot);
    return same.executeStep() ? raw_answer(same.getColumn(0).getInt64()) : std::nullopt;
  }
  // None once pruned.
  std::optional<std::string> raw_answer(std::int64_t snapshot) {
    SQLite::Statement place(*database, "SELECT block, slot FROM snapshot WHERE id = ?");
    place.bind(1, snapshot);
    if (!place.executeStep() || place.getColumn(0).isNull()) {
      return std::nullopt;
    }
    return answers->read(place.getColumn(0).getInt64(), place.getColumn(1).getInt64());
  }

  std::string path;
  std::unique_ptr<SQLite::Database> database;
  std::optional<AnswerReader> answers;
  std::optional<Statement> find_task;
  std::optional<Statement> done_videos;
};

History::History(const std::string& path) : connection_(std::make_unique<Connection>(path)) {
  Connection& c = *connection_;
  with_ledger_errors(path, "read", [&] {
    c.answers.emplace(*c.database);
    c.find_task.emplace(*c.database,
                        "SELECT t.id, t.state, EXISTS (SELECT 1 FROM unsettled AS u WHERE u.task = "
                        "t.id) OR EXISTS (SELECT 1 FROM forgotten AS f WHERE f.task = t.id) "
                        "FROM task AS t JOIN account AS a ON a.id = t.account "
                        "WHERE a.name = ? AND t.task_id = ?");
    c.done_videos.emplace(*c.database,
                          "SELECT path, bytes FROM video WHERE task = ? AND state = 1");
  });
}

History::~History() = default;

LedgerTotals History::totals(core::UtcTime now) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    const Transaction moment(*c.database,
                             Transaction::Kind::reading);  // whatever a run writes meanwhile
    LedgerTotals totals;
    const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    Statement states(*c.database,
                     "SELECT state, count(*) - (SELECT count(*) FROM forgotten AS f JOIN task AS t "
                     "ON t.id = f.task WHERE t.state = task.state) FROM task GROUP BY state");
    while (states.step()) {
      const std::uint64_t count = number(states.integer(1));
      totals.tasks += count;
      switch (static_cast<core::TaskState>(states.integer(0))) {
        case core::TaskState::unfinished:
          totals.unfinished = count;
          break;
        case core::TaskState::succeeded:
          totals.succeeded = count;
          break;
        case core::TaskState::failed:
          totals.failed = count;
          break;
        case core::TaskState::missing:
          totals.missing = count;
          break;
      }
    }
    totals.forgotten = number(c.database->execAndGet("SELECT count(*) FROM forgotten").getInt64());
    Statement oldest(*c.database,
                     "SELECT min(ifnull(submit_time, first_seen)), "
                     "sum(ifnull(submit_time, first_seen) < ? - (SELECT stale_after_ms FROM run "
                     "ORDER BY id DESC LIMIT 1)) FROM task WHERE state = 0 "
                     "AND id NOT IN (SELECT task FROM forgotten)");
    oldest.bind(1, std::int64_t{now.time_since_epoch().count()});
    if (oldest.step()) {
      totals.oldest_unfinished = oldest.time(0);
      totals.stale = number(oldest.integer(1));
    }
    Statement videos(*c.database,
                     "SELECT sum(state = 0), sum(state = 1), sum(state = 2), sum(state = 3), "
                     "min(CASE state WHEN 0 THEN expires_at END), sum(bytes), "
                     "(SELECT max(id) FROM snapshot), (SELECT max(id) FROM run) FROM video");
    if (videos.step()) {
      totals.videos_wanted = number(videos.integer(0));
      totals.videos_done = number(videos.integer(1));
      totals.videos_failed = number(videos.integer(2));
      totals.videos_expired = number(videos.integer(3));
      totals.soonest_expiry = videos.time(4);
      totals.video_bytes = videos.integer(5);
      totals.answers = number(videos.integer(6));
      totals.runs = number(videos.integer(7));
    }
    return totals;
  });
}

std::optional<TaskHistory> History::task(const std::string& account, const core::TaskId& id) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&]() -> std::optional<TaskHistory> {
    const Transaction moment(*c.database, Transaction::Kind::reading);
    const auto select = [&](const char* sql) {
      SQLite::Statement statement(*c.database, sql);
      statement.bind(1, account);
      statement.bind(2, id.text());
      return rows_of(statement);
    };
    std::vector<ViewRow> task = select("SELECT * FROM v_task WHERE account = ? AND task_id = ?");
    if (task.empty()) {
      return std::nullopt;
    }
    TaskHistory history{.task = std::move(task.front())};
    history.videos =
        select("SELECT * FROM v_video WHERE account = ? AND task_id = ? ORDER BY video_index");
    for (ViewRow& row : select(
             "SELECT * FROM v_snapshot WHERE account = ? AND task_id = ? ORDER BY snapshot_id")) {
      SnapshotRecord record{.columns = std::move(row)};
      const std::int64_t snapshot = std::stoll(record.columns.at(2).second.value_or("0"));
      SQLite::Statement usage(*c.database,
                              "SELECT name, value FROM usage_metric WHERE snapshot = ?");
      usage.bind(1, snapshot);
      record.usage = rows_of(usage);
      record.answer = c.raw_answer(snapshot);
      history.snapshots.push_back(std::move(record));
    }
    return history;
  });
}

std::optional<LineAnswer> History::answer_of(const core::LineOrigin& line) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&]() -> std::optional<LineAnswer> {
    SQLite::Statement snapshot(*c.database, "SELECT * FROM v_snapshot WHERE snapshot_id = ?");
    snapshot.bind(1, line.snapshot);
    std::vector<ViewRow> rows = rows_of(snapshot);
    if (rows.empty() || !rows.front().back().second.value_or("").starts_with(line.sha256_begin)) {
      return std::nullopt;
    }
    return LineAnswer{.columns = std::move(rows.front()),
                      .answer = c.raw_answer_of_line(line.snapshot)};
  });
}

bool History::would_ask(const std::string& account, const std::string& task_id,
                        const OnDisk& on_disk) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    c.find_task->bind(1, account);
    c.find_task->bind(2, task_id);
    const bool known = c.find_task->step();
    const std::int64_t key = known ? c.find_task->integer(0) : 0;
    const auto state =
        known ? static_cast<core::TaskState>(c.find_task->integer(1)) : core::TaskState::unfinished;
    const bool to_ask =
        state == core::TaskState::unfinished || (known && c.find_task->integer(2) != 0);
    c.find_task->reset();
    if (to_ask || !on_disk) {
      return to_ask;
    }
    bool whole = true;
    c.done_videos->bind(1, key);
    while (whole && c.done_videos->step()) {
      whole = on_disk(std::string(c.done_videos->text(0)), c.done_videos->integer(1));
    }
    c.done_videos->reset();
    return !whole;
  });
}

void History::each_pending(const std::string& account, core::UtcTime stale_before,
                           const std::function<void(const std::string& task_id)>& take) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] {
    Statement pending(*c.database,
                      "SELECT t.task_id FROM task AS t JOIN account AS a ON a.id = t.account "
                      "WHERE a.name = ?1 AND ((t.state = 0 AND "
                      "t.id NOT IN (SELECT task FROM forgotten) AND "
                      "ifnull(t.submit_time, t.first_seen) >= ?2) OR "
                      "t.id IN (SELECT task FROM unsettled) OR EXISTS (SELECT 1 FROM video "
                      "AS v JOIN snapshot AS s ON s.id = v.snapshot WHERE v.task = t.id AND "
                      "v.state = 0 AND s.block IS NULL)) ORDER BY t.id");
    pending.bind(1, account);
    pending.bind(2, std::int64_t{stale_before.time_since_epoch().count()});
    while (pending.step()) {
      take(std::string(pending.text(0)));
    }
  });
}

std::string sqlite_version_text() { return SQLite::getLibVersion(); }

}  // namespace storage
