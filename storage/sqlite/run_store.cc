#include "storage/sqlite/run_store.h"

#include <algorithm>
#include <utility>

#include "core/domain/lifecycle.h"
#include "core/error.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"
#include "storage/statements/dialect.h"
#include "storage/statements/task_rules.h"

namespace storage {

RunStore::RunStore(SQLite::Database& database, std::string path, const core::Clock& clock)
    : database_(database), path_(std::move(path)), clock_(clock) {}

std::int64_t RunStore::count(const char* sql) { return database_.execAndGet(sql).getInt64(); }

std::int64_t RunStore::account_row(const std::string& name) {
  Statement add(database_, "INSERT OR IGNORE INTO account (name) VALUES (?)");
  add.bind(1, name);
  add.run();
  Statement find(database_, "SELECT id FROM account WHERE name = ?");
  find.bind(1, name);
  return find.next_integer();
}

// If the last run did not finish, the machine may have lost power, and a disk may have lost writes
// that it acknowledged: check the file before writing to it.
void RunStore::check_after_an_early_end() {
  Statement last(database_, "SELECT finished_at IS NULL FROM run ORDER BY id DESC LIMIT 1");
  if (!last.step() || last.integer(0) == 0) {
    return;
  }
  const std::string found = database_.execAndGet("PRAGMA quick_check(1)").getString();
  if (found != "ok") {
    throw core::Error("the ledger " + path_ + " is damaged: " + found +
                      "; keep a copy, then restore a backup; see `reeltally db check`");
  }
}

std::int64_t RunStore::begin(const core::RunStart& start) {
  check_after_an_early_end();
  Transaction transaction(database_, Transaction::Kind::writing);
  database_.exec("DELETE FROM work");
  accounts_.clear();
  for (const std::string& account : start.accounts) {
    accounts_.push_back(account_row(account));
  }
  Statement add(database_,
                "INSERT INTO run (started_at, version, host, inputs, stale_after_ms, "
                "missing_rule) VALUES (?, ?, ?, ?, ?, ?)");
  add.bind_time(1, clock_.utc());
  add.bind(2, start.version);
  add.bind(3, start.host);
  add.bind(4, json_array(start.inputs));
  add.bind(5, start.stale_after.count());
  add.bind(6, static_cast<std::int64_t>(core::kMissingRule));
  add.run();
  run_ = database_.getLastInsertRowid();
  stale_after_ = start.stale_after;
  transaction.commit();
  return run_;
}

std::uint64_t RunStore::tasks_to_ask() {
  return static_cast<std::uint64_t>(count("SELECT count(*) FROM work WHERE settled = 0"));
}

std::uint64_t RunStore::tasks_to_ask(int account, core::UtcTime since) {
  Statement tasks(database_, in_dialect("SELECT count(*) " + kTasksToAsk, Dialect::sqlite).c_str());
  tasks.bind(1, accounts_.at(static_cast<std::size_t>(account)));
  tasks.bind_time(2, since);
  return static_cast<std::uint64_t>(tasks.next_integer());
}

std::uint64_t RunStore::videos_to_fetch(core::TaskKey last) {
  Statement videos(database_,
                   "SELECT count(*) FROM video AS v INDEXED BY video_wanted CROSS JOIN work AS w "
                   "ON w.task = v.task WHERE v.state = 0 AND v.task <= ?");
  videos.bind(1, last);
  return static_cast<std::uint64_t>(videos.next_integer());
}

std::uint64_t RunStore::add_pending(int account) {
  const std::int64_t row = accounts_.at(static_cast<std::size_t>(account));
  Transaction transaction(database_, Transaction::Kind::writing);
  Statement pending(database_, in_dialect("INSERT OR IGNORE INTO work (task, settled) SELECT task, "
                                          "min(settled) FROM (" +
                                              kPendingTasks + ") GROUP BY task",
                                          Dialect::sqlite)
                                   .c_str());
  pending.bind(1, row);
  pending.bind_time(2, core::stale_before(clock_.utc(), stale_after_));
  pending.run();
  transaction.commit();
  Statement left_out(database_,
                     ("SELECT count(*) FROM task AS t INDEXED BY task_unfinished WHERE " + kIsOpen +
                      " AND t.account = ? AND t.id NOT IN (SELECT task FROM work)")
                         .c_str());
  left_out.bind(1, row);
  return static_cast<std::uint64_t>(left_out.next_integer());
}

// Without GROUP BY, for which SQLite would sort all tasks.
core::RunTotals RunStore::totals() {
  core::RunTotals totals;
  Statement states(database_,
                   in_dialect("SELECT count(*), count(*) FILTER (WHERE t.state = 0), "
                              "count(*) FILTER (WHERE t.state = 2), count(*) FILTER (WHERE "
                              "t.state = 3), count(*) FILTER (WHERE t.state = $1 AND " +
                                  kIsStale + ") FROM work AS w JOIN task AS t ON t.id = w.task",
                              Dialect::sqlite)
                       .c_str());
  states.bind(1, static_cast<std::int64_t>(core::TaskState::unfinished));
  states.bind_time(2, core::stale_before(clock_.utc(), stale_after_));
  if (states.step()) {
    const auto number = [&states](int column) {
      return static_cast<std::uint64_t>(states.integer(column));
    };
    totals.tasks = number(0);
    totals.unfinished = number(1);
    totals.failed = number(2);
    totals.missing = number(3);
    totals.succeeded = totals.tasks - totals.unfinished - totals.failed - totals.missing;
    totals.stale = number(4);
  }
  Statement wanted(database_,
                   "SELECT count(*), sum(v.settled_run <> ?) FROM video AS v "
                   "JOIN work AS w ON w.task = v.task WHERE v.state = 0");
  wanted.bind(1, run_);
  if (wanted.step()) {
    totals.videos_wanted = static_cast<std::uint64_t>(wanted.integer(0));
    totals.videos_untried = static_cast<std::uint64_t>(wanted.integer(1));
  }
  return totals;
}

void RunStore::each_left(bool videos, const std::function<void(const core::LeftOver&)>& take) {
  const auto each = [&](const char* sql) {
    Statement rows(database_, sql);
    rows.bind(1, run_);
    while (rows.step()) {
      const auto account = std::find(accounts_.begin(), accounts_.end(), rows.integer(0));
      take({.account = static_cast<int>(account - accounts_.begin()),
            .task_id = std::string(rows.text(1)),
            .video = static_cast<int>(rows.integer(2))});
    }
  };
  // A task that waits for its next poll was answered in this run.
  each(
      "SELECT t.account, t.task_id, 0 FROM work AS w JOIN task AS t ON t.id = w.task "
      "LEFT JOIN snapshot AS s ON s.id = t.status_snapshot "
      "WHERE w.settled = 0 AND ifnull(s.run, 0) <> ?1 ORDER BY w.task");
  if (videos) {
    each(
        "SELECT t.account, t.task_id, v.video_index FROM work AS w "
        "JOIN video AS v ON v.task = w.task JOIN task AS t ON t.id = w.task "
        "WHERE v.state = 0 AND v.settled_run <> ?1 ORDER BY w.task, v.video_index");
  }
}

void RunStore::require_newest() {
  const std::int64_t newest = count("SELECT ifnull(max(id), 0) FROM run");
  if (newest != run_) {
    throw core::Error(
        "run " + std::to_string(newest) + " began in the ledger " + path_ + " while run " +
        std::to_string(run_) +
        " was in progress: both may have queried and downloaded the same. Run "
        "`reeltally db check`, then run again, and never bypass the lock of another run");
  }
}

void RunStore::end(int exit_code, const std::string& summary_json) {
  Statement end(database_,
                "UPDATE run SET finished_at = ?, exit_code = ?, summary = ? WHERE id = ?");
  end.bind_time(1, clock_.utc());
  end.bind(2, static_cast<std::int64_t>(exit_code));
  end.bind(3, summary_json);
  end.bind(4, run_);
  end.run();
}

}  // namespace storage
