#include "storage/maintenance.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "core/api.h"
#include "core/lifecycle.h"
#include "core/printable.h"
#include "core/sha256.h"
#include "storage/answer_codec.h"
#include "storage/answer_reader.h"
#include "storage/backup.h"
#include "storage/database.h"
#include "storage/json_text.h"
#include "storage/migrations.h"
#include "storage/statement.h"
#include "storage/transaction.h"

namespace storage {
namespace {

constexpr std::size_t kFaultsMax = 100;

// ---- check

void check_file(SQLite::Database& database, std::vector<std::string>& faults) {
  SQLite::Statement integrity(database, "PRAGMA integrity_check(100)");
  while (integrity.executeStep()) {
    if (integrity.getColumn(0).getString() != "ok") {
      faults.push_back("file: " + integrity.getColumn(0).getString());
    }
  }
  SQLite::Statement foreign(database, "PRAGMA foreign_key_check");
  while (foreign.executeStep() && faults.size() < kFaultsMax) {
    faults.push_back("table " + foreign.getColumn(0).getString() + ", row " +
                     foreign.getColumn(1).getString() + ": refers to a row that is not there");
  }
}

// Views, triggers and indexes included: a ledger without its triggers forgets that it only grows.
// What somebody added is his own affair.
void check_schema(SQLite::Database& database, std::vector<std::string>& faults) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (const Migration& migration : embedded_migrations()) {
    fresh.exec(std::string(migration.sql));
  }
  SQLite::Statement ours(fresh, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
  SQLite::Statement theirs(database, "SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?");
  while (ours.executeStep()) {
    theirs.bind(1, ours.getColumn(0).getString());
    theirs.bind(2, ours.getColumn(1).getString());
    const bool there = theirs.executeStep();
    if (!there || theirs.getColumn(0).getString() != ours.getColumn(2).getString()) {
      faults.push_back("schema: " + ours.getColumn(0).getString() + " " +
                       ours.getColumn(1).getString() +
                       (there ? " is not as we made it" : " is not there"));
    }
    theirs.reset();
  }
}

void check_numbering(SQLite::Database& database, std::vector<std::string>& faults) {
  Statement count(database, "SELECT count(*), ifnull(max(id), 0) FROM snapshot");
  if (count.step() && count.integer(0) != count.integer(1)) {
    faults.push_back("snapshots: " + std::to_string(count.integer(0)) + " rows, but the last is " +
                     std::to_string(count.integer(1)));
  }
}

// What the task's row takes from its final answer alone.
constexpr std::array kTexts{&core::TaskFacts::resolution,
                            &core::TaskFacts::ratio,
                            &core::TaskFacts::duration_seconds,
                            &core::TaskFacts::input_seconds,
                            &core::TaskFacts::output_seconds,
                            &core::TaskFacts::video_count,
                            &core::TaskFacts::completion_tokens,
                            &core::TaskFacts::total_tokens,
                            &core::TaskFacts::super_resolution_tokens,
                            &core::TaskFacts::units,
                            &core::TaskFacts::credits,
                            &core::TaskFacts::quota,
                            &core::TaskFacts::fail_reason};
constexpr int kFirstFact = 13;
constexpr const char* kKeptAnswers =
    "SELECT s.id, s.block, s.slot, s.raw_bytes, s.raw_sha256, r.version = ?, t.task_id, "
    "o.http_status, o.verdict, o.usage_names, s.usage_values, o.code || '|' || o.status || '|' || "
    "o.progress, t.final_snapshot = s.id, t.finish_time, t.upstream_end_time, t.resolution, "
    "t.ratio, t.duration_seconds, t.input_seconds, t.output_seconds, t.video_count, "
    "t.completion_tokens, t.total_tokens, t.super_resolution_tokens, t.units, t.credits, t.quota, "
    "t.fail_reason FROM snapshot AS s JOIN outcome AS o ON o.id = s.outcome "
    "JOIN task AS t ON t.id = s.task JOIN run AS r ON r.id = s.run "
    "WHERE s.block IS NOT NULL ORDER BY s.block, s.slot";

bool facts_are_those_of(const core::TaskFacts& facts, const Statement& row) {
  int column = kFirstFact;
  bool same = row.time(column++) == facts.finish_time;
  same = row.time(column++) == facts.upstream_end_time && same;
  for (const auto text : kTexts) {
    same = row.text(column++) == facts.*text && same;
  }
  return same;
}

// The run knew the key and masked it in what it took; the answer has it still.
bool key_was_masked(const Statement& row) {
  constexpr std::array kColumns{9, 10, 11, 15, 16, 27};  // of kKeptAnswers: texts, no numbers
  return std::any_of(kColumns.begin(), kColumns.end(), [&row](int column) {
    return row.text(column).find(core::kKeyMask) != std::string_view::npos;
  });
}

// The answer, read anew, must say what the tables took from it. Empty: it does.
std::string difference(const std::string& body, const Statement& row) {
  const auto id = core::TaskId::parse(row.text(6));
  if (!std::holds_alternative<core::TaskId>(id)) {
    return "its task's ID is none";
  }
  const core::Answer answer =
      core::parse_answer(static_cast<int>(row.integer(7)), body, std::get<core::TaskId>(id));
  const std::string values =
      answer.usage.empty() ? "" : json_array(answer.usage, &core::UsageMetric::value);
  if (static_cast<std::int64_t>(answer.verdict) != row.integer(8) ||
      json_array(answer.usage, &core::UsageMetric::name) != row.text(9) || values != row.text(10) ||
      answer.code + '|' + answer.status + '|' + answer.progress != row.text(11)) {
    return "its row does not follow from its answer";
  }
  if (row.integer(12) != 0 && !facts_are_those_of(answer.facts, row)) {
    return "the row of its task " + std::string(row.text(6)) + " does not follow from its answer";
  }
  return "";
}

// Answers that another version read are held against their hash alone: it may have understood less.
void check_answers(SQLite::Database& database, const std::string& version,
                   std::vector<std::string>& faults) {
  AnswerReader answers(database);
  core::Sha256 hash;
  Statement kept(database, kKeptAnswers);
  kept.bind(1, version);
  while (kept.step() && faults.size() < kFaultsMax) {
    const std::string name = "snapshot " + std::to_string(kept.integer(0)) + ": ";
    try {
      const std::string& answer = answers.read(kept.integer(1), kept.integer(2));
      hash.update(answer);
      const core::Sha256Digest digest = hash.finish();
      const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
      if (static_cast<std::int64_t>(answer.size()) != kept.integer(3) || bytes != kept.blob(4)) {
        faults.push_back(name + "its answer is not the one that was received");
      } else if (kept.integer(5) != 0 && !key_was_masked(kept)) {
        if (const std::string wrong = difference(answer, kept); !wrong.empty()) {
          faults.push_back(name + wrong);
        }
      }
    } catch (const std::exception& failure) {
      faults.push_back(name + failure.what());
    }
  }
}

struct Replay {
  core::TaskStanding standing;
  std::int64_t snapshots = 0;
  std::int64_t last = 0;
  std::int64_t last_seen = 0;  // when
  std::int64_t last_status = 0;
  std::string last_final_sha256;
  bool final_is_named = false;  // the row names one of the last final answers, or rightly none
};

bool tells_status(core::Verdict verdict, const core::TaskStanding& after) {
  return core::is_final(verdict) ||
         (after.state == core::TaskState::unfinished &&
          (verdict == core::Verdict::unfinished || verdict == core::Verdict::unrecognised));
}

// The snapshots are the truth; the task's row must follow from them.
void check_replay(SQLite::Database& database, std::vector<std::string>& faults) {
  Statement tasks(database,
                  "SELECT id, task_id, state, queries, not_found_runs, not_found_run, "
                  "ifnull(last_snapshot, 0), ifnull(final_snapshot, 0), "
                  "ifnull(status_snapshot, 0), ifnull(last_query, 0) FROM task ORDER BY id");
  Statement snapshots(database,
                      "SELECT s.id, o.verdict, s.run, s.observed_at, s.raw_sha256 "
                      "FROM snapshot AS s JOIN outcome AS o "
                      "ON o.id = s.outcome WHERE s.task = ? ORDER BY s.id");
  while (tasks.step() && faults.size() < kFaultsMax) {
    Replay replay{.final_is_named = tasks.integer(7) == 0};
    snapshots.bind(1, tasks.integer(0));
    while (snapshots.step()) {
      const auto verdict = static_cast<core::Verdict>(snapshots.integer(1));
      replay.standing = core::fold(replay.standing, verdict, snapshots.integer(2));
      replay.last = snapshots.integer(0);
      replay.last_seen = snapshots.integer(3);
      if (core::is_final(verdict)) {
        // The first of those that say the same; in ledgers of earlier versions the last one.
        const bool same = snapshots.blob(4) == replay.last_final_sha256;
        replay.final_is_named = (same && replay.final_is_named) || replay.last == tasks.integer(7);
        replay.last_final_sha256 = snapshots.blob(4);
      }
      replay.last_status =
          tells_status(verdict, replay.standing) ? replay.last : replay.last_status;
      ++replay.snapshots;
    }
    snapshots.reset();
    const core::TaskStanding row{static_cast<core::TaskState>(tasks.integer(2)),
                                 static_cast<int>(tasks.integer(4)), tasks.integer(5)};
    if (row != replay.standing || tasks.integer(3) != replay.snapshots ||
        tasks.integer(6) != replay.last || !replay.final_is_named ||
        tasks.integer(8) != replay.last_status || tasks.integer(9) != replay.last_seen) {
      faults.push_back("task " + std::string(tasks.text(1)) +
                       ": its row does not follow from its snapshots");
    }
  }
}

// ---- prune

constexpr const char* kPrunable =
    "SELECT s.block, s.slot, s.id, t.id FROM snapshot AS s JOIN task AS t ON t.id = s.task "
    "LEFT JOIN snapshot AS f ON f.id = t.final_snapshot "
    "WHERE s.block IS NOT NULL AND t.state <> 0 AND "
    "coalesce(t.finish_time, f.observed_at, t.last_query) < ? AND "
    "NOT EXISTS (SELECT 1 FROM video AS v WHERE v.task = t.id AND v.state = 0) "
    "ORDER BY s.block, s.slot";

std::int64_t stored_bytes(SQLite::Database& database) {
  return database.execAndGet("SELECT ifnull(sum(length(content)), 0) FROM answer_block").getInt64();
}

class Pruner {
 public:
  Pruner(SQLite::Database& database, std::int64_t dictionary)
      : answers_(database),
        dictionary_(dictionary),
        forget_(database, "UPDATE snapshot SET block = NULL, slot = NULL WHERE id = ?"),
        drop_(database, "DELETE FROM answer_block WHERE id = ?"),
        still_used_(database, "SELECT DISTINCT slot FROM snapshot WHERE block = ?"),
        rewrite_(database,
                 "UPDATE answer_block SET dictionary = ?, lengths = ?, content = ? WHERE id = ?") {}

  void forget(std::int64_t snapshot) {
    forget_.bind(1, snapshot);
    forget_.run();
  }

  // Keeps only the slots that a snapshot still names.
  void tidy(std::int64_t block) {
    std::set<std::int64_t> used;
    still_used_.bind(1, block);
    while (still_used_.step()) {
      used.insert(still_used_.integer(0));
    }
    still_used_.reset();
    if (used.empty()) {
      drop_.bind(1, block);
      drop_.run();
      return;
    }
    static_cast<void>(answers_.read(block, *used.begin()));
    std::vector<std::string> kept;
    for (std::int64_t slot = 0; slot <= *used.rbegin(); ++slot) {
      kept.push_back(used.contains(slot) ? answers_.read(block, slot) : std::string());
    }
    const EncodedBlock encoded = codec_.encode({kept.begin(), kept.end()});
    rewrite_.bind(1, dictionary_);
    rewrite_.bind_blob(2, encoded.lengths);
    rewrite_.bind_blob(3, encoded.content);
    rewrite_.bind(4, block);
    rewrite_.run();
  }

 private:
  AnswerReader answers_;
  AnswerCodec codec_{AnswerCodec::built_in_dictionary()};
  std::int64_t dictionary_;
  Statement forget_;
  Statement drop_;
  Statement still_used_;
  Statement rewrite_;
};

}  // namespace

std::vector<std::string> check_ledger(const std::string& path, const std::string& version) {
  const auto database = open_for_reading(path);
  require_schema(*database, path, embedded_migrations());
  std::vector<std::string> faults;
  return with_ledger_errors(path, "check", [&] {
    // One moment for all checks, whatever a run writes meanwhile.
    Transaction moment(*database, Transaction::Kind::reading);
    check_file(*database, faults);
    if (faults.empty()) {
      check_schema(*database, faults);
      check_numbering(*database, faults);
      check_answers(*database, version, faults);
      check_replay(*database, faults);
    }
    return faults;
  });
}

std::vector<std::string> check_ledger_file(const std::string& path) {
  const auto database = open_for_reading(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "check", [&] {
    std::vector<std::string> faults;
    SQLite::Statement quick(*database, "PRAGMA quick_check(10)");
    while (quick.executeStep()) {
      if (quick.getColumn(0).getString() != "ok") {
        faults.push_back(quick.getColumn(0).getString());
      }
    }
    return faults;
  });
}

void back_up_ledger(const std::string& path, const std::string& target) {
  const auto database = open_for_reading(path);
  with_ledger_errors(path, "back up", [&] { back_up(*database, target); });
}

MigrationReport migrate_ledger(const std::string& path, core::UtcTime now, bool backup) {
  static_cast<void>(open_for_reading(path));  // there must be one
  const auto database = open_for_writing(path);
  const MigrationOutcome outcome = migrate(*database, path, embedded_migrations(), now, backup);
  return {outcome.from, outcome.to, outcome.backup};
}

PruneReport prune_ledger(const std::string& path, core::UtcTime before) {
  static_cast<void>(open_for_reading(path));
  const auto database = open_for_writing(path);
  require_schema(*database, path, embedded_migrations());
  return with_ledger_errors(path, "prune", [&] {
    PruneReport report{.bytes_before = stored_bytes(*database)};
    Transaction transaction(*database, Transaction::Kind::writing);
    std::set<std::int64_t> tasks;
    std::set<std::int64_t> blocks;
    std::vector<std::int64_t> snapshots;
    {
      Statement prunable(*database, kPrunable);
      prunable.bind(1, std::int64_t{before.time_since_epoch().count()});
      while (prunable.step()) {
        blocks.insert(prunable.integer(0));
        snapshots.push_back(prunable.integer(2));
        tasks.insert(prunable.integer(3));
      }
    }
    Pruner pruner(*database, dictionary_row(*database));
    for (const std::int64_t snapshot : snapshots) {
      pruner.forget(snapshot);
    }
    for (const std::int64_t block : blocks) {
      pruner.tidy(block);
    }
    transaction.commit();
    report.tasks = tasks.size();
    report.answers = snapshots.size();
    report.bytes_after = stored_bytes(*database);
    return report;
  });
}

}  // namespace storage
