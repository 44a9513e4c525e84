#include "storage/sqlite/sqlite_reader.h"

#include <utility>

#include "core/domain/lifecycle.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/recorded_files.h"
#include "storage/sqlite/saved_videos.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"
#include "storage/statements/dialect.h"
#include "storage/statements/task_rules.h"

namespace storage {
namespace {

std::vector<core::ViewRow> rows_of(SQLite::Statement& select) {
  std::vector<core::ViewRow> rows;
  while (select.executeStep()) {
    core::ViewRow row;
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

struct SqliteReader::Connection {
  explicit Connection(const std::string& ledger) : database(open_for_reading(ledger)) {
    require_schema(*database, ledger, embedded_migrations());
    with_ledger_errors(ledger, "read", [&] {
      answers.emplace(*database);
      files.emplace(*database);
      find_task.emplace(*database,
                        "SELECT t.id, t.state, EXISTS (SELECT 1 FROM unsettled AS u WHERE u.task = "
                        "t.id), EXISTS (SELECT 1 FROM forgotten AS f WHERE f.task = t.id) "
                        "FROM task AS t JOIN account AS a ON a.id = t.account "
                        "WHERE a.name = ? AND t.task_id = ?");
    });
  }
  // If the final answer was pruned, a later snapshot with the same SHA-256 has its bytes.
  std::optional<std::string> raw_answer_of_line(std::int64_t snapshot) {
    SQLite::Statement same(*database,
                           "SELECT s.id FROM snapshot AS o JOIN snapshot AS s ON s.task = o.task "
                           "AND s.raw_sha256 = o.raw_sha256 WHERE o.id = ? AND s.block IS NOT NULL "
                           "ORDER BY s.id LIMIT 1");
    same.bind(1, snapshot);
    return same.executeStep() ? raw_answer(same.getColumn(0).getInt64()) : std::nullopt;
  }
  // None if it was pruned.
  std::optional<std::string> raw_answer(std::int64_t snapshot) {
    SQLite::Statement place(*database, "SELECT block, slot FROM snapshot WHERE id = ?");
    place.bind(1, snapshot);
    if (!place.executeStep() || place.getColumn(0).isNull()) {
      return std::nullopt;
    }
    return answers->read(place.getColumn(0).getInt64(), place.getColumn(1).getInt64());
  }
  // The setting of the last run; without a run, so long that nothing is stale.
  std::chrono::milliseconds stale_after() {
    return std::chrono::milliseconds(
        database
            ->execAndGet("SELECT ifnull((SELECT stale_after_ms FROM run ORDER BY id DESC LIMIT 1), "
                         "9223372036854775807)")
            .getInt64());
  }
  std::int64_t account_row(const std::string& name) {
    Statement find(*database, "SELECT id FROM account WHERE name = ?");
    find.bind(1, name);
    return find.step() ? find.integer(0) : 0;
  }

  std::unique_ptr<SQLite::Database> database;
  std::optional<AnswerReader> answers;
  std::optional<RecordedFiles> files;
  std::optional<Statement> find_task;
};

SqliteReader::SqliteReader(const std::string& path)
    : path_(path), connection_(std::make_unique<Connection>(path)) {}

SqliteReader::~SqliteReader() = default;

core::LedgerTotals SqliteReader::totals(core::UtcTime now) {
  Connection& c = *connection_;
  return with_ledger_errors(path_, "read", [&] {
    // All counts belong to one moment, whatever a run writes meanwhile.
    const Transaction moment(*c.database, Transaction::Kind::reading);
    core::LedgerTotals totals;
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
    Statement oldest(*c.database, in_dialect("SELECT min(" + kTaskSince + "), sum(" + kIsStale +
                                                 ") FROM task AS t WHERE " + kIsOpen,
                                             Dialect::sqlite)
                                      .c_str());
    oldest.bind_time(2, core::stale_before(now, c.stale_after()));
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

std::optional<core::TaskHistory> SqliteReader::task(const std::string& account,
                                                    const core::TaskId& id) {
  Connection& c = *connection_;
  return with_ledger_errors(path_, "read", [&]() -> std::optional<core::TaskHistory> {
    const Transaction moment(*c.database, Transaction::Kind::reading);
    const auto select = [&](const char* sql) {
      SQLite::Statement statement(*c.database, sql);
      statement.bind(1, account);
      statement.bind(2, id.text());
      return rows_of(statement);
    };
    std::vector<core::ViewRow> task =
        select("SELECT * FROM v_task WHERE account = ? AND task_id = ?");
    if (task.empty()) {
      return std::nullopt;
    }
    core::TaskHistory history{.task = std::move(task.front())};
    history.videos =
        select("SELECT * FROM v_video WHERE account = ? AND task_id = ? ORDER BY video_index");
    for (core::ViewRow& row : select(
             "SELECT * FROM v_snapshot WHERE account = ? AND task_id = ? ORDER BY snapshot_id")) {
      core::SnapshotRecord record{.columns = std::move(row)};
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

std::optional<core::RawAnswer> SqliteReader::answer_of(std::int64_t snapshot,
                                                       const std::string& sha256_begin) {
  Connection& c = *connection_;
  return with_ledger_errors(path_, "read", [&]() -> std::optional<core::RawAnswer> {
    SQLite::Statement select(*c.database, "SELECT * FROM v_snapshot WHERE snapshot_id = ?");
    select.bind(1, snapshot);
    std::vector<core::ViewRow> rows = rows_of(select);
    if (rows.empty() || !rows.front().back().second.value_or("").starts_with(sha256_begin)) {
      return std::nullopt;
    }
    return core::RawAnswer{.columns = std::move(rows.front()),
                           .answer = c.raw_answer_of_line(snapshot)};
  });
}

bool SqliteReader::would_ask(const std::string& account, const std::string& task_id,
                             const core::ImportRules& rules) {
  Connection& c = *connection_;
  return with_ledger_errors(path_, "read", [&] {
    core::ListedTask task;
    core::TaskKey key = 0;
    c.find_task->bind(1, account);
    c.find_task->bind(2, task_id);
    if (c.find_task->step()) {
      key = c.find_task->integer(0);
      task.state = static_cast<core::TaskState>(c.find_task->integer(1));
      task.is_unsettled = c.find_task->integer(2) != 0;
      task.is_forgotten = c.find_task->integer(3) != 0;
    }
    c.find_task->reset();
    if (core::is_to_be_asked(task, rules.refresh)) {
      return true;
    }
    task.lacks_a_file =
        core::needs_its_files(task.state) && !c.files->gone(key, rules.on_disk).empty();
    return core::is_to_be_asked(task, rules.refresh);
  });
}

void SqliteReader::each_pending(const std::string& account, core::UtcTime stale_before,
                                const std::function<void(const std::string& task_id)>& take) {
  Connection& c = *connection_;
  with_ledger_errors(path_, "read", [&] {
    Statement pending(*c.database,
                      in_dialect("SELECT t.task_id FROM (" + kPendingTasks +
                                     ") AS p JOIN task AS t ON t.id = p.task GROUP BY t.id "
                                     "HAVING min(p.settled) = 0 ORDER BY t.id",
                                 Dialect::sqlite)
                          .c_str());
    pending.bind(1, c.account_row(account));
    pending.bind_time(2, stale_before);
    while (pending.step()) {
      take(std::string(pending.text(0)));
    }
  });
}

void SqliteReader::each_saved_video(const std::function<void(core::SavedVideo&&)>& take) {
  with_ledger_errors(path_, "read",
                     [&] { storage::each_saved_video(*connection_->database, take); });
}

void SqliteReader::describe(
    const std::vector<core::SavedVideo>& videos,
    const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) {
  with_ledger_errors(path_, "read",
                     [&] { storage::describe(*connection_->database, videos, take); });
}

core::Requeued SqliteReader::want_again(const std::vector<core::SavedVideo>& missing,
                                        core::UtcTime now) {
  // The last connection to close empties the write-ahead log, which a read-only one cannot do.
  connection_.reset();
  const core::Requeued requeued = storage::want_again(path_, missing, now);
  connection_ = std::make_unique<Connection>(path_);
  return requeued;
}

std::string sqlite_version_text() { return SQLite::getLibVersion(); }

}  // namespace storage
