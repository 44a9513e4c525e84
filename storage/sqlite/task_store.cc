#include "storage/sqlite/task_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"
#include "storage/answers/import_batch.h"
#include "storage/sqlite/answer_store.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/entry_writer.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/run_store.h"
#include "storage/sqlite/sqlite_ledger.h"
#include "storage/sqlite/task_import.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

// With such a long log, another program has been reading for hours: nothing is lost, but the volume
// fills up.
constexpr std::int64_t kLogBytesMax = std::int64_t{16} << 30U;

// Beside a ledger: the rows of the first batch, so that queries start soon. Each next one has twice
// as many.
constexpr std::size_t kFirstRows = 1024;
// No batch has more: it is in memory at the same time as the answers that wait to be written.
constexpr std::size_t kMostRows = 32'768;
// So many rows are imported between two commits of answers.
constexpr std::size_t kRowsBetween = 4096;

}  // namespace

struct TaskStore::Connection {
  Connection(const std::string& ledger, const core::Clock& wall, bool backup)
      : path(ledger),
        clock(wall),
        database(open_for_writing(ledger)),
        migrated(migrate(*database, path, embedded_schema(), clock.utc(), backup)) {
    trust_references(*database, path);
    leave_old_bytes(*database, path);
  }

  void check_log() const;
  void import(std::size_t batch);
  void import(std::size_t batch, TaskImport::Rows rows);
  /// Runs `work` on the thread that has the connection.
  void in_turn(const std::function<void()>& work) const;

  std::string path;
  const core::Clock& clock;
  std::unique_ptr<SQLite::Database> database;
  MigrationOutcome migrated;
  LedgerPlace lies_at{path};
  RunStore runs{*database, path, clock};
  AnswerStore answers{*database};
  EntryWriter writer{*database, runs, answers};
  TaskImport imports{*database, answers.videos()};
  core::ImportRules rules;
  // Two for each account: for rows without an account, and for rows that name it.
  std::vector<ImportBatch> batches;
  core::ImportOutcome imported;
  QueuedLedger* beside = nullptr;
  std::size_t rows_max = std::numeric_limits<std::size_t>::max();  // of the next batch
};

void TaskStore::Connection::in_turn(const std::function<void()>& work) const {
  if (beside != nullptr) {
    beside->import(work);
  } else {
    work();
  }
}

void TaskStore::Connection::check_log() const {
  if (lies_at.log_bytes() > kLogBytesMax) {
    throw core::Error("the write-ahead log " + path +
                      "-wal grows without limit, because another program keeps reading the ledger: "
                      "end it, then run again");
  }
}

TaskStore::TaskStore(const std::string& path, const core::Clock& clock, bool backup)
    : connection_(with_ledger_errors(
          path, "open", [&] { return std::make_unique<Connection>(path, clock, backup); })) {}

TaskStore::~TaskStore() = default;

std::int64_t TaskStore::run() const { return connection_->runs.number(); }
const std::vector<std::int64_t>& TaskStore::account_rows() const {
  return connection_->runs.accounts();
}
const std::string& TaskStore::path() const { return connection_->path; }
std::int64_t TaskStore::log_bytes() const { return connection_->lies_at.log_bytes(); }
const LedgerPlace& TaskStore::place() const { return connection_->lies_at; }
RecentLinks& TaskStore::recent_links() { return connection_->answers.videos().recent_links(); }

core::TaskKey TaskStore::highest_key() {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] { return c.imports.highest_key(); });
}

void TaskStore::import_beside(QueuedLedger* ledger) {
  connection_->beside = ledger;
  connection_->rows_max = ledger != nullptr ? kFirstRows : std::numeric_limits<std::size_t>::max();
}

std::unique_ptr<QueuedLedger> TaskStore::open_ledger(std::function<void()> wake, ImportTime lists) {
  return std::make_unique<SqliteLedger>(*this, std::move(wake), lists);
}

std::int64_t TaskStore::begin_run(const core::RunStart& start) {
  Connection& c = *connection_;
  c.imports.begin_run();
  c.answers.begin_run();
  return with_ledger_errors(c.path, "begin a run in", [&] { return c.runs.begin(start); });
}

void TaskStore::begin_import(core::ImportRules rules) {
  Connection& c = *connection_;
  c.rules = std::move(rules);
  c.batches = std::vector<ImportBatch>(2 * c.runs.accounts().size());
  c.imported = {};
}

void TaskStore::add(const core::WantedTask& task, int account) {
  Connection& c = *connection_;
  const std::size_t batch =
      2 * static_cast<std::size_t>(account) + (task.account.empty() ? 0U : 1U);
  ImportBatch& rows = c.batches.at(batch);
  rows.add(task);
  if (rows.full() || rows.size() >= c.rows_max) {
    c.import(batch);
  }
}

core::ImportOutcome TaskStore::end_import() {
  Connection& c = *connection_;
  for (std::size_t batch = 0; batch < c.batches.size(); ++batch) {
    c.import(batch);
  }
  c.batches.clear();
  c.imported.label_differences = c.imports.label_differences();
  return c.imported;
}

void TaskStore::Connection::import(std::size_t batch) {
  ImportBatch& rows = batches[batch];
  rows.sort();
  const std::size_t together = beside != nullptr ? kRowsBetween : rows.size();
  for (std::size_t first = 0; first < rows.size(); first += together) {
    const std::size_t end = std::min(first + together, rows.size());
    in_turn([&] { import(batch, {rows, first, end}); });
  }
  if (beside != nullptr && rows.size() >= rows_max) {
    rows_max = std::min(2 * rows_max, kMostRows);
  }
  rows.clear();
}

void TaskStore::Connection::import(std::size_t batch, TaskImport::Rows rows) {
  with_ledger_errors(path, "import into", [&] {
    Transaction transaction(*database, Transaction::Kind::writing);
    const std::uint64_t again = imports.add(rows, {.account = runs.accounts().at(batch / 2),
                                                   .account_named = batch % 2 == 1,
                                                   .run = runs.number(),
                                                   .now = clock.utc(),
                                                   .rules = rules});
    transaction.commit();
    imported.duplicates += again;
  });
}

std::uint64_t TaskStore::add_pending(int account) {
  Connection& c = *connection_;
  std::uint64_t left_out = 0;
  c.in_turn([&] {
    left_out = with_ledger_errors(c.path, "list what is pending in",
                                  [&] { return c.runs.add_pending(account); });
  });
  return left_out;
}

std::uint64_t TaskStore::tasks_to_ask() {
  Connection& c = *connection_;
  std::uint64_t tasks = 0;
  c.in_turn([&] {
    tasks = with_ledger_errors(c.path, "read", [&] { return c.runs.tasks_to_ask(); }) +
            (c.beside != nullptr ? c.answers.settled_tasks() : 0);
  });
  return tasks;
}

std::uint64_t TaskStore::tasks_to_ask(int account, core::UtcTime since) {
  Connection& c = *connection_;
  std::uint64_t tasks = 0;
  c.in_turn([&] {
    tasks = with_ledger_errors(c.path, "read", [&] { return c.runs.tasks_to_ask(account, since); });
  });
  return tasks;
}

// Beside a ledger those of the tasks that were known before: none of these was queried yet.
std::uint64_t TaskStore::videos_to_fetch() {
  Connection& c = *connection_;
  const core::TaskKey last = c.beside != nullptr ? c.beside->import_standing().value().new_above
                                                 : std::numeric_limits<core::TaskKey>::max();
  std::uint64_t videos = 0;
  c.in_turn([&] {
    videos = with_ledger_errors(c.path, "read", [&] { return c.runs.videos_to_fetch(last); });
  });
  return videos;
}

std::vector<core::Unrecorded> TaskStore::write(std::span<core::Entry> entries) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "write to", [&] {
    std::vector<core::Unrecorded> unrecorded = c.writer.write(entries);
    c.check_log();
    return unrecorded;
  });
}

core::RunTotals TaskStore::totals() {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] { return c.runs.totals(); });
}

void TaskStore::each_left(bool videos, const std::function<void(const core::LeftOver&)>& take) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] { c.runs.each_left(videos, take); });
}

void TaskStore::require_newest_run() {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] { c.runs.require_newest(); });
}

void TaskStore::end_run(int exit_code, const std::string& summary_json) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "end a run in", [&] {
    c.runs.end(exit_code, summary_json);
    c.check_log();
  });
}

}  // namespace storage
