#include "storage/sqlite/check/ledger_check.h"

#include <cstdint>
#include <string_view>
#include <variant>

#include "core/domain/lifecycle.h"
#include "core/domain/possible_standings.h"
#include "storage/sqlite/check/answer_check.h"
#include "storage/sqlite/check/closing_check.h"
#include "storage/sqlite/check/findings.h"
#include "storage/sqlite/check/snapshot_chain_check.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"
#include "storage/statements/fact_columns.h"
#include "storage/statements/standing_columns.h"
#include "storage/statements/stored_numbers.h"

namespace storage {
namespace {

void check_file(SQLite::Database& database, Findings& findings) {
  SQLite::Statement integrity(database, "PRAGMA integrity_check(100)");
  while (integrity.executeStep()) {
    if (integrity.getColumn(0).getString() != "ok") {
      findings.add("file: " + integrity.getColumn(0).getString());
    }
  }
  SQLite::Statement foreign(database, "PRAGMA foreign_key_check");
  while (foreign.executeStep() && !findings.full()) {
    findings.add("table " + foreign.getColumn(0).getString() + ", row " +
                 foreign.getColumn(1).getString() + ": refers to a missing row");
  }
}

// Includes views, triggers and indexes: without its triggers a ledger is no longer append-only.
// Objects added by users are ignored.
void check_schema(SQLite::Database& database, Findings& findings) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  Statement recorded(database, "SELECT 1 FROM migration WHERE number = ?");
  for (const Migration& migration : embedded_migrations()) {
    fresh.exec(std::string(migration.sql));
    recorded.bind(1, std::int64_t{migration.number});
    if (!recorded.step()) {
      findings.add("schema: migration " + std::to_string(migration.number) + " is not recorded");
    }
    recorded.reset();
  }
  SQLite::Statement ours(fresh, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
  SQLite::Statement theirs(database, "SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?");
  while (ours.executeStep()) {
    theirs.bind(1, ours.getColumn(0).getString());
    theirs.bind(2, ours.getColumn(1).getString());
    const bool there = theirs.executeStep();
    if (!there || theirs.getColumn(0).getString() != ours.getColumn(2).getString()) {
      findings.add("schema: " + ours.getColumn(0).getString() + " " +
                   ours.getColumn(1).getString() +
                   (there ? " differs from that of the migrations" : " is missing"));
    }
    theirs.reset();
  }
}

// Snapshots are numbered without gaps, run after run; those of a crew's runs are mixed.
void check_numbering(SQLite::Database& database, Findings& findings) {
  Statement snapshots(database,
                      "SELECT s.id, s.run, s.block IS NULL, s.slot IS NULL, ifnull(r.crew, '') "
                      "FROM snapshot AS s LEFT JOIN run AS r ON r.id = s.run ORDER BY s.id");
  std::int64_t last_id = 0;
  std::int64_t last_run = 0;
  std::string last_crew;
  while (snapshots.step() && !findings.full()) {
    const std::string name = "snapshot " + std::to_string(snapshots.integer(0));
    if (snapshots.integer(0) != last_id + 1) {
      findings.add(name + ": the previous one is " + std::to_string(last_id));
    }
    const std::string crew(snapshots.text(4));
    if (snapshots.integer(1) < last_run && (crew.empty() || crew != last_crew)) {
      findings.add(name + ": its run is older than that of the previous one");
    }
    if (snapshots.integer(2) != snapshots.integer(3)) {
      findings.add(name + ": the place of its answer is incomplete");
    }
    last_id = snapshots.integer(0);
    last_run = snapshots.integer(1);
    last_crew = crew;
  }
}

// A condition on `video`: true if no rule of core/domain/video_lifecycle.h leads to this row.
std::string is_impossible_standing() {
  std::string possible;
  for (const core::VideoStanding& one : core::possible_standings()) {
    possible += possible.empty() ? "(" : ", (";
    possible += sql_number(one.state) + (one.tried_in != 0 ? ", 1" : ", 0") +
                (one.first_refusal ? ", 1)" : ", 0)");
  }
  return "(state, settled_run <> 0, refused_at IS NOT NULL) NOT IN (VALUES " + possible + ")";
}

// Rules for one row, or for a row and its neighbour. Each statement selects the rows that break its
// rule.
struct RowRule {
  std::string broken;
  const char* rule;
};
const RowRule kRowRules[] = {
    {"SELECT 'task ' || t.task_id FROM forgotten AS f JOIN task AS t ON t.id = f.task WHERE "
     "t.state NOT IN (" +
         sql_number(core::TaskState::unfinished) + ", " + sql_number(core::TaskState::missing) +
         ") OR t.final_snapshot IS NOT NULL OR EXISTS "
         "(SELECT 1 FROM video AS v WHERE v.task = t.id)",
     "it is forgotten although it has a final answer or a video"},
    {"SELECT 'block of answers ' || id FROM answer_block AS b WHERE NOT EXISTS "
     "(SELECT 1 FROM snapshot WHERE block = b.id)",
     "no snapshot names it"},
    {"SELECT 'run ' || id FROM run WHERE (finished_at IS NULL) <> (exit_code IS NULL) OR "
     "(finished_at IS NULL) <> (summary IS NULL)",
     "its end is only partly recorded"},
    {"SELECT 'run ' || id FROM run WHERE CASE WHEN json_valid(ifnull(summary, '{}')) THEN "
     "ifnull(summary ->> 'run_id', id) <> id OR "
     "ifnull(summary ->> 'exit_code', exit_code) <> exit_code ELSE 1 END",
     "its summary tells of something else"},
    {"SELECT 'run ' || id FROM run WHERE NOT json_valid(inputs)", "its inputs are no list"},
    // If a saved video is wanted again, the record of its file stays.
    {"SELECT 'video ' || video_index || ' of task row ' || task FROM video WHERE "
     "(path IS NULL) + (bytes IS NULL) + (sha256 IS NULL) + (checks IS NULL) + (saved_at IS NULL) "
     "NOT IN (0, 5) OR path = '' OR bytes <= 0 OR length(sha256) <> 32 OR "
     "(state = " +
         sql_number(core::VideoState::done) + " AND path IS NULL)",
     "the record of its file is incomplete"},
    {"SELECT 'video ' || video_index || ' of task row ' || task FROM video WHERE "
     "settled_run NOT BETWEEN 0 AND (SELECT max(id) FROM run) OR " +
         is_impossible_standing() +
         " OR (settled_run <> 0 AND (attempts < 1 OR (last_error IS NULL) <> (state = " +
         sql_number(core::VideoState::done) + ")))",
     "its state does not match its attempts"},
    {"SELECT 'video ' || v.video_index || ' of task row ' || v.task FROM video AS v "
     "JOIN snapshot AS s ON s.id = v.snapshot JOIN outcome AS o ON o.id = s.outcome "
     "WHERE s.task <> v.task OR o.verdict NOT IN (" +
         sql_number(core::Verdict::succeeded) + ", " + sql_number(core::Verdict::unrecognised) +
         ")",
     "its snapshot is not an answer with links about its task"},
    {"SELECT 'task row ' || u.task FROM unsettled AS u JOIN task AS t ON t.id = u.task "
     "WHERE t.state NOT " +
         sql_in_finished_states(),
     "it waits for its quota to settle although it has not ended"},
};

void check_rows(SQLite::Database& database, Findings& findings) {
  for (const RowRule& rule : kRowRules) {
    Statement rows(database, rule.broken.c_str());
    while (rows.step() && !findings.full()) {
      findings.add(std::string(rows.text(0)) + ": " + rule.rule);
    }
  }
}

std::string tasks_sql() {
  return "SELECT id, task_id, queries, ifnull(last_snapshot, 0), ifnull(final_snapshot, 0), "
         "ifnull(status_snapshot, 0), ifnull(last_query, 0), coalesce(" +
         fact_columns("", core::is_of_final_answer) +
         ") IS NULL, CASE WHEN json_valid(ifnull(labels, '{}')) THEN "
         "json_type(ifnull(labels, '{}')) = 'object' ELSE 0 END, " +
         kStandingColumns + " FROM task ORDER BY id";
}

struct Replay {
  core::TaskStanding standing;
  std::int64_t snapshots = 0;
  std::int64_t last = 0;
  std::int64_t last_seen = 0;  // when
  std::int64_t last_status = 0;
  std::string last_final_sha256;
  bool final_is_named = false;  // the row names one of the last final answers, or correctly none
  bool lacks_answer = false;    // a stored answer is missing although no prune explains it
};

// `final_snapshot`: the one that the task's row names.
void replay_snapshot(const Statement& snapshot, std::int64_t final_snapshot, Replay& replay) {
  const auto verdict = static_cast<core::Verdict>(snapshot.integer(1));
  replay.last = snapshot.integer(0);
  replay.last_seen = snapshot.integer(3);
  replay.standing =
      core::fold(replay.standing, {verdict, snapshot.integer(2),
                                   core::UtcTime(std::chrono::milliseconds(replay.last_seen)),
                                   static_cast<core::MissingRule>(snapshot.integer(6))});
  if (core::is_final(verdict)) {
    // The first of several equal answers; in ledgers of earlier versions the last one.
    const bool same = snapshot.blob(4) == replay.last_final_sha256;
    replay.final_is_named = (same && replay.final_is_named) || replay.last == final_snapshot;
    replay.last_final_sha256 = snapshot.blob(4);
  }
  replay.last_status =
      core::tells_status(verdict, replay.standing.state) ? replay.last : replay.last_status;
  // Prune deletes only answers of finished and missing tasks.
  replay.lacks_answer = (replay.lacks_answer || snapshot.integer(5) != 0) &&
                        replay.standing.state == core::TaskState::unfinished;
  ++replay.snapshots;
}

void compare(const Statement& task, const Replay& replay, Findings& findings) {
  const std::string name = "task " + std::string(task.text(1)) + ": ";
  const bool has_facts = task.integer(7) == 0;
  if (standing_of(task, 9) != replay.standing || task.integer(2) != replay.snapshots ||
      task.integer(3) != replay.last || !replay.final_is_named ||
      task.integer(5) != replay.last_status || task.integer(6) != replay.last_seen ||
      (has_facts && replay.last_final_sha256.empty())) {
    findings.add(name + "its row does not match its snapshots");
  }
  if (replay.lacks_answer) {
    findings.add(name + "an answer is missing although the task is not finished");
  }
  if (task.integer(8) == 0) {
    findings.add(name + "its labels are invalid");
  }
  if (!std::holds_alternative<core::TaskId>(core::TaskId::parse(task.text(1)))) {
    findings.add("task row " + std::to_string(task.integer(0)) + ": its ID is invalid");
  }
}

// The row of a task must be the result of its snapshots, replayed in order.
void check_replay(SQLite::Database& database, Findings& findings) {
  Statement tasks(database, tasks_sql().c_str());
  Statement snapshots(database,
                      "SELECT s.id, o.verdict, s.run, s.observed_at, s.raw_sha256, "
                      "s.block IS NULL, r.missing_rule FROM snapshot AS s "
                      "JOIN outcome AS o ON o.id = s.outcome JOIN run AS r ON r.id = s.run "
                      "WHERE s.task = ? ORDER BY s.id");
  while (tasks.step() && !findings.full()) {
    const std::int64_t final_snapshot = tasks.integer(4);
    Replay replay{.final_is_named = final_snapshot == 0};
    snapshots.bind(1, tasks.integer(0));
    while (snapshots.step()) {
      replay_snapshot(snapshots, final_snapshot, replay);
    }
    snapshots.reset();
    compare(tasks, replay, findings);
  }
}

}  // namespace

std::vector<std::string> check_ledger(const std::string& path, const std::string& version) {
  const auto database = open_for_reading(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "check", [&] {
    Findings findings;
    // One transaction, so that all checks see the same state while a run writes.
    Transaction moment(*database, Transaction::Kind::reading);
    check_file(*database, findings);
    if (findings.empty()) {
      check_schema(*database, findings);
      check_numbering(*database, findings);
      check_snapshot_chain(*database, findings);
      check_rows(*database, findings);
      check_answers(*database, version, findings);
      check_replay(*database, findings);
      check_closings(*database, findings);
    }
    return findings.take();
  });
}

std::vector<std::string> check_ledger_file(const std::string& path) {
  const auto database = open_for_reading(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "check", [&] {
    std::vector<std::string> findings;
    SQLite::Statement quick(*database, "PRAGMA quick_check(10)");
    while (quick.executeStep()) {
      if (quick.getColumn(0).getString() != "ok") {
        findings.push_back(quick.getColumn(0).getString());
      }
    }
    return findings;
  });
}

}  // namespace storage
