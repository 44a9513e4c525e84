#include "storage/postgres/run_rows.h"

#include <algorithm>
#include <random>

#include "core/domain/lifecycle.h"
#include "storage/answers/json_text.h"
#include "storage/ledger_error.h"
#include "storage/postgres/crew_rows.h"
#include "storage/postgres/live_runs.h"
#include "storage/postgres/process_mark.h"
#include "storage/postgres/server_transaction.h"
#include "storage/statements/dialect.h"
#include "storage/statements/state_counts.h"
#include "storage/statements/task_rules.h"

namespace storage {
namespace {

// Of this start alone, so that one whose answer was lost is found again.
std::string random_token() {
  std::random_device device;
  std::string token;
  for (int i = 0; i < 4; ++i) {
    token += std::to_string(device()) + ".";
  }
  return token;
}

std::string postgres(const std::string& text) { return in_dialect(text, Dialect::postgres); }

}  // namespace

// Of the whole list.
void RunRows::read(const std::function<void()>& body) {
  read_patiently(connection_, fence_.terms(), body, ServerTransaction::Kind::reading);
}

std::int64_t RunRows::count(const std::string& sql) {
  std::int64_t number = 0;
  read([&] {
    Rows row = connection_.query(sql, Parameters().add(fence_.run()));
    number = row.next_integer();
  });
  return number;
}

std::int64_t RunRows::begin(const core::RunStart& start) {
  const std::string token = random_token();
  stale_after_ = start.stale_after;
  std::int64_t run = 0;
  RetryPause pause;
  while (run == 0) {
    try {
      patiently(fence_.terms(), [&] {
        if (connection_.is_lost()) {
          connection_.reconnect();
        }
        run = try_to_begin(start, token);
      });
    } catch (const ServerError& error) {
      if (!is_conflict(error) || !pause.may_go_on()) {
        throw;
      }
      pause.wait();
    }
  }
  fence_.begin(run);
  return run;
}

std::int64_t RunRows::try_to_begin(const core::RunStart& start, const std::string& token) {
  ServerTransaction transaction(connection_, ServerTransaction::Kind::writing);
  lock_crew(connection_);
  const std::int64_t begun = run_of(token);
  if (begun == 0) {
    take_place();
  }
  Rows crew = connection_.query("SELECT rate FROM crew WHERE id = 1");
  crew_rate_ = crew.next_integer();
  add_accounts(start);
  const std::int64_t run = begun != 0 ? begun : add_run(start, token);
  transaction.commit();
  return run;
}

std::int64_t RunRows::run_of(const std::string& token) {
  Rows row = connection_.query("SELECT run FROM runner WHERE token = $1", Parameters().add(token));
  return row.next_integer();
}

void RunRows::take_place() {
  const std::string& crew = fence_.terms().crew;
  connection_.execute("UPDATE runner SET lost = 1 WHERE run = $1", Parameters().add(fence_.run()));
  const OpenRuns runs = open_runs(connection_, fence_.terms().lease);
  for (const LiveRun& other : runs.live) {
    if (crew.empty() || other.crew != crew) {
      throw LedgerBusy(other.name() + " holds the ledger " + connection_.name() + " for " +
                       std::to_string(other.seconds) +
                       " s or more; wait for it with --lock-wait, or share its work with --crew");
    }
  }
  declare_lost(connection_, runs.gone);
  if (runs.live.empty()) {
    connection_.execute("DELETE FROM work");
    connection_.execute("UPDATE crew SET name = $1, rate = $2 WHERE id = 1",
                        Parameters().add(crew).add(crew.empty() ? 0 : fence_.terms().rate));
  }
}

void RunRows::add_accounts(const core::RunStart& start) {
  accounts_.clear();
  for (const std::string& account : start.accounts) {
    connection_.execute(
        "INSERT INTO account (id, name) SELECT (SELECT coalesce(max(id), 0) + 1 FROM account), $1 "
        "WHERE NOT EXISTS (SELECT 1 FROM account WHERE name = $1)",
        Parameters().add(account));
    Rows row =
        connection_.query("SELECT id FROM account WHERE name = $1", Parameters().add(account));
    accounts_.push_back(row.next_integer());
  }
}

std::int64_t RunRows::add_run(const core::RunStart& start, const std::string& token) {
  Rows row = connection_.query(
      "INSERT INTO run (id, started_at, version, host, inputs, stale_after_ms, missing_rule, crew) "
      "SELECT (SELECT coalesce(max(id), 0) + 1 FROM run), $1, $2, $3, $4, $5, $6, $7 RETURNING id",
      Parameters()
          .add_time(clock_.utc())
          .add(start.version)
          .add(start.host)
          .add(json_array(start.inputs))
          .add(std::int64_t{start.stale_after.count()})
          .add(static_cast<std::int64_t>(core::kMissingRule))
          .add(fence_.terms().crew));
  const std::int64_t run = row.next_integer();
  connection_.execute(
      "INSERT INTO runner (run, token, crew, process, alive_until) "
      "VALUES ($1, $2, $3, $4, now_milliseconds() + $5)",
      Parameters()
          .add(run)
          .add(token)
          .add(fence_.terms().crew)
          .add(process_mark())
          .add(std::int64_t{fence_.terms().lease.count()}));
  return run;
}

std::uint64_t RunRows::tasks_to_ask() {
  return static_cast<std::uint64_t>(
      count("SELECT count(*) FROM work WHERE settled = 0 AND run IN (0, $1)"));
}

std::uint64_t RunRows::tasks_to_ask(int account, core::UtcTime since) {
  std::int64_t tasks = 0;
  read([&] {
    Rows counted =
        connection_.query(postgres("SELECT count(*) " + kTasksToAsk + " AND w.run IN (0, $3)"),
                          Parameters()
                              .add(accounts_.at(static_cast<std::size_t>(account)))
                              .add_time(since)
                              .add(fence_.run()));
    tasks = counted.next_integer();
  });
  return static_cast<std::uint64_t>(tasks);
}

std::uint64_t RunRows::videos_to_fetch() {
  return static_cast<std::uint64_t>(count(
      "SELECT count(*) FROM video AS v JOIN work AS w ON w.task = v.task WHERE v.state = 0 AND "
      "w.run IN (0, $1)"));
}

std::uint64_t RunRows::add_pending(int account) {
  const std::int64_t row = accounts_.at(static_cast<std::size_t>(account));
  const core::UtcTime stale = core::stale_before(clock_.utc(), stale_after_);
  fence_.durable(connection_, RunFence::Kind::numbered, [&] {
    connection_.execute(
        postgres("INSERT INTO work (task, settled, run) SELECT p.task, min(p.settled), "
                 "CASE WHEN $4 = 1 AND min(p.settled) = 0 THEN 0 ELSE $3 END FROM (" +
                 kPendingTasks + ") AS p GROUP BY p.task ON CONFLICT (task) DO NOTHING"),
        Parameters()
            .add(row)
            .add_time(stale)
            .add(fence_.run())
            .add(std::int64_t{fence_.terms().crew.empty() ? 0 : 1}));
  });
  std::int64_t left_out = 0;
  read([&] {
    Rows counted = connection_.query(
        postgres(
            "SELECT count(*) FROM task AS t {by task_unfinished} WHERE " + kIsOpen +
            " AND t.account = $1 AND NOT EXISTS (SELECT 1 FROM work AS w WHERE w.task = t.id)"),
        Parameters().add(row));
    left_out = counted.next_integer();
  });
  return static_cast<std::uint64_t>(left_out);
}

core::RunTotals RunRows::totals() {
  core::RunTotals totals;
  const auto unfinished = static_cast<std::int64_t>(core::TaskState::unfinished);
  read([&] {
    totals = {};
    Rows states = connection_.query(
        postgres("SELECT t.state, count(*), sum(CASE WHEN t.state = $1 AND " + kIsStale +
                 " THEN 1 ELSE 0 END) FROM work AS w JOIN task AS t ON t.id = w.task "
                 "WHERE w.run = $3 GROUP BY t.state"),
        Parameters()
            .add(unfinished)
            .add_time(core::stale_before(clock_.utc(), stale_after_))
            .add(fence_.run()));
    while (states.step()) {
      totals.stale += static_cast<std::uint64_t>(states.integer(2));
      add_state(totals, static_cast<core::TaskState>(states.integer(0)),
                static_cast<std::uint64_t>(states.integer(1)));
    }
    Rows wanted = connection_.query(
        "SELECT count(*), count(*) FILTER (WHERE v.settled_run <> $1) FROM video AS v "
        "JOIN work AS w ON w.task = v.task WHERE v.state = 0 AND w.run = $1",
        Parameters().add(fence_.run()));
    if (wanted.step()) {
      totals.videos_wanted = static_cast<std::uint64_t>(wanted.integer(0));
      totals.videos_untried = static_cast<std::uint64_t>(wanted.integer(1));
    }
  });
  return totals;
}

void RunRows::each_left(bool videos, const std::function<void(const core::LeftOver&)>& take) {
  std::vector<core::LeftOver> left;
  const auto each = [&](const char* sql) {
    Rows rows = connection_.query(sql, Parameters().add(fence_.run()));
    while (rows.step()) {
      const auto account = std::find(accounts_.begin(), accounts_.end(), rows.integer(0));
      left.push_back({.account = static_cast<int>(account - accounts_.begin()),
                      .task_id = std::string(rows.text(1)),
                      .video = static_cast<int>(rows.integer(2))});
    }
  };
  read([&] {
    left.clear();
    // A task that waits for its next poll was answered in this run.
    each(
        "SELECT t.account, t.task_id, 0 FROM work AS w JOIN task AS t ON t.id = w.task "
        "LEFT JOIN snapshot AS s ON s.id = t.status_snapshot "
        "WHERE w.settled = 0 AND w.run = $1 AND coalesce(s.run, 0) <> $1 ORDER BY w.task");
    if (videos) {
      each(
          "SELECT t.account, t.task_id, v.video_index FROM work AS w "
          "JOIN video AS v ON v.task = w.task JOIN task AS t ON t.id = w.task "
          "WHERE v.state = 0 AND w.run = $1 AND v.settled_run <> $1 "
          "ORDER BY w.task, v.video_index");
    }
  });
  for (const core::LeftOver& one : left) {
    take(one);
  }
}

void RunRows::require_alive() {
  fence_.durable(connection_, RunFence::Kind::repeated, [] {});
}

void RunRows::end(int exit_code, const std::string& summary_json) {
  const core::UtcTime now = clock_.utc();
  fence_.durable(
      connection_, RunFence::Kind::numbered,
      [&] {
        connection_.execute(
            "UPDATE run SET finished_at = $2, exit_code = $3, summary = $4 WHERE id = $1",
            Parameters()
                .add(fence_.run())
                .add_time(now)
                .add(std::int64_t{exit_code})
                .add(summary_json));
        if (!fence_.terms().crew.empty()) {
          free_work_of_the_gone(connection_);
        }
      },
      [&] { lock_crew(connection_); });
}

}  // namespace storage
