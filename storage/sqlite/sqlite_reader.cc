#include "storage/sqlite/sqlite_reader.h"

#include <utility>

#include "core/domain/lifecycle.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/recorded_files.h"
#include "storage/sqlite/rows.h"
#include "storage/sqlite/saved_videos.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/task_scan.h"
#include "storage/sqlite/transaction.h"
#include "storage/sqlite/view_rows.h"
#include "storage/statements/dialect.h"
#include "storage/statements/ledger_reads.h"
#include "storage/statements/pending_counts.h"

namespace storage {
struct SqliteReader::Connection {
  explicit Connection(const std::string& ledger) : database(open_for_reading(ledger)) {
    require_schema(*database, ledger, embedded_migrations());
    with_ledger_errors(ledger, "read", [&] {
      answers.emplace(*database);
      files.emplace(*database);
      find_task.emplace(*database, in_dialect(kListedTask, Dialect::sqlite).c_str());
    });
  }
  // None once pruned. `place`: kAnswerPlace or kSameAnswer.
  std::optional<std::string> raw_answer(const char* place, std::int64_t snapshot) {
    auto found = SqliteRows(*database).select(place, {snapshot});
    if (!found.step() || found.is_null(0)) {
      return std::nullopt;
    }
    return answers->read(found.integer(0), found.integer(1));
  }
  std::int64_t account_row(const std::string& name) {
    Statement find(*database, "SELECT id FROM account WHERE name = ?");
    find.bind(1, name);
    return find.next_integer();
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
    SqliteRows rows(*c.database);
    return read_totals(rows, now);
  });
}

core::LedgerOverview SqliteReader::overview(core::UtcTime now) {
  Connection& c = *connection_;
  return with_ledger_errors(path_, "read", [&] {
    const Transaction moment(*c.database, Transaction::Kind::reading);
    SqliteRows rows(*c.database);
    core::LedgerOverview overview;
    scan_tasks(rows, overview);
    overview.pending = read_pending_counts(rows, read_open_tasks(rows, now, overview.totals));
    return overview;
  });
}

std::optional<core::TaskHistory> SqliteReader::task_of_late(const std::string& account,
                                                            const core::TaskId& id,
                                                            std::size_t answers_max) {
  Connection& c = *connection_;
  return with_ledger_errors(path_, "read", [&]() -> std::optional<core::TaskHistory> {
    const Transaction moment(*c.database, Transaction::Kind::reading);
    return read_history(
        answers_max,
        [&](const char* text) {
          SQLite::Statement view(*c.database, in_dialect(text, Dialect::sqlite));
          view.bind(1, account);
          view.bind(2, id.text());
          return rows_of(view);
        },
        [&](std::int64_t snapshot) {
          SQLite::Statement usage(*c.database, in_dialect(kUsageView, Dialect::sqlite));
          usage.bind(1, snapshot);
          return rows_of(usage);
        },
        [&](std::int64_t snapshot) { return c.raw_answer(kAnswerPlace, snapshot); });
  });
}

std::optional<core::RawAnswer> SqliteReader::answer_of(std::int64_t snapshot,
                                                       const std::string& sha256_begin) {
  Connection& c = *connection_;
  return with_ledger_errors(path_, "read", [&]() -> std::optional<core::RawAnswer> {
    SQLite::Statement select(*c.database, in_dialect(kOneSnapshotView, Dialect::sqlite));
    select.bind(1, snapshot);
    std::vector<core::ViewRow> rows = rows_of(select);
    if (rows.empty() || !rows.front().back().second.value_or("").starts_with(sha256_begin)) {
      return std::nullopt;
    }
    return core::RawAnswer{.columns = std::move(rows.front()),
                           .answer = c.raw_answer(kSameAnswer, snapshot)};
  });
}

std::vector<core::ViewRow> SqliteReader::numbered_rows(const char* text, std::int64_t number) {
  return with_ledger_errors(path_, "read", [&] {
    SQLite::Statement select(*connection_->database, in_dialect(text, Dialect::sqlite));
    select.bind(1, number);
    return rows_of(select);
  });
}

std::vector<core::ViewRow> SqliteReader::last_runs(std::size_t count) {
  return numbered_rows(kLastRunsView, static_cast<std::int64_t>(count));
}

std::optional<core::ViewRow> SqliteReader::run(std::int64_t number) {
  return only_row(numbered_rows(kRunView, number));
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
      task = listed_task(*c.find_task);
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
    SqliteRows rows(*c.database);
    read_pending(rows, c.account_row(account), stale_before, take);
  });
}

void SqliteReader::each_saved_video(const std::function<void(core::SavedVideo&&)>& take) {
  with_ledger_errors(path_, "read", [&] {
    SqliteRows rows(*connection_->database);
    read_saved_videos(rows, take);
  });
}

void SqliteReader::describe(
    const std::vector<core::SavedVideo>& videos,
    const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) {
  with_ledger_errors(path_, "read", [&] {
    SqliteRows rows(*connection_->database);
    read_video_facts(rows, videos, take);
  });
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
