#include "storage/sqlite/task_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/domain/lifecycle.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/gateway/api.h"
#include "core/text/printable.h"
#include "storage/answers/answer_codec.h"
#include "storage/answers/json_text.h"
#include "storage/sqlite/answer_reader.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/fact_columns.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/stored_link.h"
#include "storage/sqlite/task_import.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

// With a log so long another program has kept reading for hours: nothing is lost, but the volume
// fills up.
constexpr std::int64_t kLogBytesMax = std::int64_t{16} << 30U;

// The facts that an answer sets before its task is finished.
constexpr auto kStickyTimes = core::fact_members<core::FactTime, core::is_of_any_answer>();
constexpr auto kStickyTexts = core::fact_members<core::FactText, core::is_of_any_answer>();

std::int64_t millis(core::UtcTime time) { return time.time_since_epoch().count(); }

// Where an answer's bytes lie.
struct Place {
  std::int64_t block = 0;
  std::int64_t slot = 0;
  core::Sha256Digest sha256{};
};

}  // namespace

struct TaskStore::Connection {
  Connection(const std::string& ledger, const core::Clock& wall, bool backup)
      : path(ledger),
        clock(wall),
        database(open_for_writing(ledger)),
        migrated(migrate(*database, path, embedded_migrations(), clock.utc(), backup)) {}

  std::string path;
  const core::Clock& clock;
  std::unique_ptr<SQLite::Database> database;
  MigrationOutcome migrated;
  LedgerPlace lies_at{path};
  AnswerCodec codec{AnswerCodec::built_in_dictionary()};
  AnswerReader stored{*database};
  std::int64_t dictionary = dictionary_row(*database);
  core::Sha256 hash;
  std::int64_t run = 0;
  std::chrono::milliseconds stale_after{0};
  std::vector<std::int64_t> accounts;
  struct Numbers {
    std::int64_t block;
    std::int64_t snapshot;
  };
  Numbers next{1 + last_id("answer_block"), 1 + last_id("snapshot")};
  // A hostile gateway may send endless words: the cache is emptied when it is full.
  static constexpr std::size_t kOutcomesMax = 4096;
  std::unordered_map<std::string, std::int64_t> outcomes;

  std::int64_t last_id(const std::string& table) {
    return database->execAndGet("SELECT ifnull(max(id), 0) FROM " + table).getInt64();
  }
  std::int64_t account_row(const std::string& name);

  TaskImport import{*database};

  // Answers.
  Statement last_answer{*database,
                        "SELECT s.raw_sha256, s.block, s.slot FROM task AS t JOIN snapshot AS s ON "
                        "s.id = t.last_snapshot WHERE t.id = ? AND s.block IS NOT NULL"};
  Statement add_block{*database,
                      "INSERT INTO answer_block (id, dictionary, lengths, content) "
                      "VALUES (?, ?, ?, ?)"};
  Statement find_outcome{*database,
                         "SELECT id FROM outcome WHERE http_status = ? AND verdict = ? AND "
                         "code = ? AND status = ? AND progress = ? AND usage_names = ?"};
  Statement add_outcome{*database,
                        "INSERT INTO outcome (http_status, verdict, code, status, progress, "
                        "usage_names) VALUES (?, ?, ?, ?, ?, ?)"};
  Statement add_snapshot{
      *database,
      "INSERT INTO snapshot (id, task, run, observed_at, outcome, usage_values, "
      "raw_bytes, raw_sha256, block, slot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement move_task{*database,
                      ("UPDATE task SET state = ?2, last_query = ?3, queries = queries + 1, "
                       "not_found_runs = ?4, not_found_run = ?5, last_snapshot = ?6, "
                       "status_snapshot = coalesce(?7, status_snapshot), " +
                       fact_assignments(8, core::is_of_any_answer) + " WHERE id = ?1")
                          .c_str()};
  // A final answer that says the same again, byte for byte, is no other one: the task's lines in
  // reports keep their ID (core::line_id).
  Statement finish_task{
      *database,
      ("UPDATE task SET state = ?2, last_query = ?3, queries = queries + 1, not_found_runs = 0, "
       "not_found_run = 0, last_snapshot = ?4, status_snapshot = ?4, "
       "final_snapshot = CASE WHEN final_snapshot IS NOT NULL AND "
       "(SELECT raw_sha256 FROM snapshot WHERE id = final_snapshot) = "
       "(SELECT raw_sha256 FROM snapshot WHERE id = ?4) THEN final_snapshot ELSE ?4 END, " +
       fact_assignments(5) + " WHERE id = ?1")
          .c_str()};
  Statement unsettle_task{*database,
                          "INSERT OR REPLACE INTO unsettled (task, settles_at) VALUES (?, ?)"};
  Statement settle_task{*database, "DELETE FROM unsettled WHERE task = ? AND settles_at <= ?"};
  Statement mark_live_fetch{*database, "INSERT OR IGNORE INTO live_fetch (task) VALUES (?)"};
  Statement settle_work{*database, "UPDATE work SET settled = 1 WHERE task = ?"};
  // No upsert: SQLite would copy every page that it touches beforehand, to be able to undo it
  // alone.
  Statement add_video{*database,
                      "INSERT OR IGNORE INTO video (task, video_index, snapshot, expires_at) "
                      "VALUES (?, ?, ?, ?)"};
  Statement known_video{*database,
                        "SELECT v.state, v.expires_at, s.block, s.slot, o.http_status, t.task_id, "
                        "v.refused_at "
                        "FROM video AS v JOIN snapshot AS s ON s.id = v.snapshot "
                        "JOIN outcome AS o ON o.id = s.outcome JOIN task AS t ON t.id = v.task "
                        "WHERE v.task = ? AND v.video_index = ?"};
  Statement offer_video{*database,
                        "UPDATE video SET snapshot = ?3, expires_at = ?4 "
                        "WHERE task = ?1 AND video_index = ?2 AND state <> 1"};
  // A link that was not there before was refused by nobody, and brings back what was given up.
  Statement renew_video{*database,
                        "UPDATE video SET snapshot = ?3, expires_at = ?4, refused_at = NULL, "
                        "settled_run = CASE state WHEN 0 THEN settled_run ELSE 0 END, state = 0 "
                        "WHERE task = ?1 AND video_index = ?2 AND state <> 1"};
  Statement settle_video{
      *database,
      "UPDATE video SET state = ?3, settled_run = ?4, attempts = attempts + 1, refused_at = ?5, "
      "path = coalesce(?6, path), bytes = coalesce(?7, bytes), sha256 = coalesce(?8, sha256), "
      "checks = coalesce(?9, checks), saved_at = coalesce(?10, saved_at), last_error = ?11 "
      "WHERE task = ?1 AND video_index = ?2"};

  void check_after_an_early_end();
  void check_log();
  void forget_since(const Numbers& before);
  [[nodiscard]] bool is_trouble_of_an_entry();
  [[nodiscard]] bool write_together(std::span<core::Entry> entries);
  [[nodiscard]] std::vector<core::Unrecorded> write_apart(std::span<core::Entry> entries);
  [[nodiscard]] std::optional<std::string> write_alone(const core::Entry& entry);
  void write_instead(const core::Entry& entry, const std::string& why);
  [[nodiscard]] core::AnswerEntry without_facts(const core::AnswerEntry& entry);
  [[nodiscard]] core::Unrecorded named(core::Entry&& entry, const std::string& why);
  void write_entries(std::span<const core::Entry> entries);
  std::vector<Place> place_answers(std::span<const core::Entry> entries);
  std::optional<Place> same_as_last(std::int64_t task, const core::Sha256Digest& sha256);
  void write_block(const std::vector<std::string_view>& answers);
  std::int64_t outcome_of(const core::AnswerEntry& entry);
  void write_answer(const core::AnswerEntry& entry, const Place& place);
  void write_link(std::int64_t task, const core::VideoLink& link, std::int64_t snapshot);
  bool is_fresh(std::int64_t task, const core::VideoLink& link);
  void update_task(const core::AnswerEntry& entry, std::int64_t snapshot);
  void finish(const core::AnswerEntry& entry, std::int64_t snapshot);
  void update_settling(const core::AnswerEntry& entry);
  void write_video(const core::VideoEntry& entry);
};

std::int64_t TaskStore::Connection::account_row(const std::string& name) {
  Statement add(*database, "INSERT OR IGNORE INTO account (name) VALUES (?)");
  add.bind(1, name);
  add.run();
  Statement find(*database, "SELECT id FROM account WHERE name = ?");
  find.bind(1, name);
  return find.step() ? find.integer(0) : 0;
}

// A run that did not come to its end may have met a power cut, and a disk that keeps no promise.
void TaskStore::Connection::check_after_an_early_end() {
  Statement last(*database, "SELECT finished_at IS NULL FROM run ORDER BY id DESC LIMIT 1");
  if (!last.step() || last.integer(0) == 0) {
    return;
  }
  const std::string found = database->execAndGet("PRAGMA quick_check(1)").getString();
  if (found != "ok") {
    throw core::Error("the ledger " + path + " is damaged: " + found +
                      "; keep a copy, then restore a backup; see `reeltally db check`");
  }
}

void TaskStore::Connection::check_log() {
  if (lies_at.log_bytes() > kLogBytesMax) {
    throw core::Error("the write-ahead log " + path +
                      "-wal grows without end, since another program keeps reading the ledger: "
                      "end it, then run again");
  }
}

TaskStore::TaskStore(const std::string& path, const core::Clock& clock, bool backup)
    : connection_(with_ledger_errors(
          path, "open", [&] { return std::make_unique<Connection>(path, clock, backup); })) {}

TaskStore::~TaskStore() = default;

std::int64_t TaskStore::run() const { return connection_->run; }
const std::vector<std::int64_t>& TaskStore::account_rows() const { return connection_->accounts; }
const std::string& TaskStore::path() const { return connection_->path; }
const LedgerPlace& TaskStore::place() const { return connection_->lies_at; }

std::int64_t TaskStore::begin_run(const RunStart& start) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "begin a run in", [&] {
    c.check_after_an_early_end();
    Transaction transaction(*c.database, Transaction::Kind::writing);
    c.database->exec("DELETE FROM work");
    c.accounts.clear();
    for (const std::string& account : start.accounts) {
      c.accounts.push_back(c.account_row(account));
    }
    const core::UtcTime now = c.clock.utc();
    Statement add(*c.database,
                  "INSERT INTO run (started_at, version, host, inputs, stale_after_ms) "
                  "VALUES (?, ?, ?, ?, ?)");
    add.bind(1, millis(now));
    add.bind(2, start.version);
    add.bind(3, start.host);
    add.bind(4, nlohmann::json(start.inputs)
                    .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    add.bind(5, start.stale_after.count());
    add.run();
    c.run = c.database->getLastInsertRowid();
    c.stale_after = start.stale_after;
    transaction.commit();
    return c.run;
  });
}

std::uint64_t TaskStore::import(ImportBatch& batch, const ImportRules& rules) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "import into", [&] {
    batch.sort();
    Transaction transaction(*c.database, Transaction::Kind::writing);
    const std::int64_t account = c.accounts.at(static_cast<std::size_t>(rules.account));
    const std::uint64_t duplicates = c.import.add(batch, {.account = account,
                                                          .refresh = rules.refresh,
                                                          .account_named = rules.account_named,
                                                          .relabel = rules.relabel,
                                                          .run = c.run,
                                                          .on_disk = rules.on_disk,
                                                          .now_ms = millis(c.clock.utc())});
    transaction.commit();
    return duplicates;
  });
}

const LabelDifferences& TaskStore::label_differences() const {
  return connection_->import.label_differences();
}

std::uint64_t TaskStore::tasks_to_ask() {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    return static_cast<std::uint64_t>(
        c.database->execAndGet("SELECT count(*) FROM work WHERE settled = 0").getInt64());
  });
}

std::uint64_t TaskStore::videos_to_fetch() {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    return static_cast<std::uint64_t>(
        c.database
            ->execAndGet("SELECT count(*) FROM video AS v INDEXED BY video_wanted "
                         "CROSS JOIN work AS w ON w.task = v.task WHERE v.state = 0")
            .getInt64());
  });
}

std::uint64_t TaskStore::add_pending(int account) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "list what is pending in", [&] {
    const std::int64_t row = c.accounts.at(static_cast<std::size_t>(account));
    Transaction transaction(*c.database, Transaction::Kind::writing);
    Statement unfinished(*c.database,
                         "INSERT OR IGNORE INTO work (task) SELECT id FROM task "
                         "INDEXED BY task_unfinished WHERE state = 0 AND account = ? AND "
                         "id NOT IN (SELECT task FROM forgotten) AND "
                         "ifnull(submit_time, first_seen) >= ?");
    unfinished.bind(1, row);
    unfinished.bind(2, millis(c.clock.utc() - c.stale_after));
    unfinished.run();
    Statement unsettled(*c.database,
                        "INSERT OR IGNORE INTO work (task) SELECT u.task FROM unsettled AS u "
                        "JOIN task AS t ON t.id = u.task WHERE t.account = ?");
    unsettled.bind(1, row);
    unsettled.run();
    // From what is pending, not from all that an account ever asked: SQLite would choose so. A
    // link that was pruned with its answer is asked for.
    Statement lacking(*c.database,
                      "INSERT OR IGNORE INTO work (task, settled) "
                      "SELECT v.task, min(s.block IS NOT NULL) FROM video AS v "
                      "INDEXED BY video_wanted CROSS JOIN task AS t ON t.id = v.task JOIN snapshot "
                      "AS s ON s.id = v.snapshot "
                      "WHERE v.state = 0 AND t.account = ? GROUP BY v.task");
    lacking.bind(1, row);
    lacking.run();
    transaction.commit();
    Statement stale(*c.database,
                    "SELECT count(*) FROM task INDEXED BY task_unfinished WHERE state = 0 AND "
                    "id NOT IN (SELECT task FROM forgotten) AND "
                    "account = ? AND id NOT IN (SELECT task FROM work)");
    stale.bind(1, row);
    return stale.step() ? static_cast<std::uint64_t>(stale.integer(0)) : 0;
  });
}

std::vector<core::Unrecorded> TaskStore::write(std::span<core::Entry> entries) {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "write to", [&] {
    std::vector<core::Unrecorded> unrecorded;
    if (!c.write_together(entries)) {
      unrecorded = c.write_apart(entries);
    }
    c.check_log();
    return unrecorded;
  });
}

// What was numbered and looked up in a transaction that is no more must not be used again.
void TaskStore::Connection::forget_since(const Numbers& before) {
  next = before;
  outcomes.clear();
}

// Whether what is being thrown is the trouble of one entry, and not of the file, the disk or
// another writer, which are the run's.
bool TaskStore::Connection::is_trouble_of_an_entry() {
  try {
    throw;
  } catch (const SQLite::Exception& failure) {
    switch (failure.getExtendedErrorCode()) {
      case SQLITE_TOOBIG:
      case SQLITE_MISMATCH:
      case SQLITE_CONSTRAINT_CHECK:
      case SQLITE_CONSTRAINT_NOTNULL:
      case SQLITE_CONSTRAINT_TRIGGER:
        return true;
      default:
        return false;
    }
  } catch (...) {
    return sqlite3_get_autocommit(database->getHandle()) == 0;  // else SQLite gave up before
  }
}

// False when one of the entries cannot be recorded: then none is.
bool TaskStore::Connection::write_together(std::span<core::Entry> entries) {
  const Numbers before = next;
  Transaction transaction(*database, Transaction::Kind::writing);
  try {
    write_entries(entries);
  } catch (...) {
    forget_since(before);
    if (is_trouble_of_an_entry()) {
      return false;
    }
    throw;
  }
  try {
    transaction.commit();
  } catch (...) {
    forget_since(before);
    throw;
  }
  return true;
}

// Slower, and each answer has a block of its own.
std::vector<core::Unrecorded> TaskStore::Connection::write_apart(std::span<core::Entry> entries) {
  const Numbers before = next;
  std::vector<core::Unrecorded> unrecorded;
  try {
    Transaction transaction(*database, Transaction::Kind::writing);
    for (core::Entry& entry : entries) {
      if (const auto why = write_alone(entry)) {
        write_instead(entry, *why);
        unrecorded.push_back(named(std::move(entry), *why));
      }
    }
    transaction.commit();
  } catch (...) {
    forget_since(before);
    throw;
  }
  return unrecorded;
}

// Returns why the entry cannot be recorded; none: it is.
std::optional<std::string> TaskStore::Connection::write_alone(const core::Entry& entry) {
  const Numbers before = next;
  Savepoint part(*database);
  try {
    write_entries({&entry, 1});
  } catch (const std::exception& failure) {
    forget_since(before);
    if (!is_trouble_of_an_entry()) {
      throw;
    }
    return failure.what();
  }
  part.keep();
  return std::nullopt;
}

// See core::Unrecorded. What cannot even be written so is the ledger's trouble.
void TaskStore::Connection::write_instead(const core::Entry& entry, const std::string& why) {
  std::optional<core::Entry> instead;
  if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
    core::Entry raw = without_facts(*answer);
    if (write_alone(raw) && answer->settled) {
      instead = core::SettleEntry{answer->task};
    }
  } else if (const auto* video = std::get_if<core::VideoEntry>(&entry)) {
    core::VideoEntry wanted = *video;
    wanted.state = core::VideoState::wanted;
    wanted.file.reset();
    wanted.error = "could not be recorded: " + core::printable(why, core::kMessageBytesMax);
    instead = std::move(wanted);
  }
  if (instead) {
    write_entries({&*instead, 1});
  }
}

// The raw answer, which leaves its task as it is.
core::AnswerEntry TaskStore::Connection::without_facts(const core::AnswerEntry& entry) {
  core::AnswerEntry raw;
  raw.task = entry.task;
  raw.observed_at = entry.observed_at;
  raw.http_status = entry.http_status;
  raw.body = entry.body;
  raw.answer = core::nothing_taken();
  raw.settled = entry.settled;
  Statement standing(*database,
                     "SELECT state, not_found_runs, not_found_run FROM task WHERE id = ?");
  standing.bind(1, entry.task);
  if (standing.step()) {
    raw.state = static_cast<core::TaskState>(standing.integer(0));
    raw.not_found_runs = static_cast<int>(standing.integer(1));
    raw.not_found_run = standing.integer(2);
  }
  return raw;
}

core::Unrecorded TaskStore::Connection::named(core::Entry&& entry, const std::string& why) {
  Statement task(*database, "SELECT account, task_id FROM task WHERE id = ?");
  task.bind(1, std::visit([](const auto& one) { return one.task; }, entry));
  core::Unrecorded unrecorded{.entry = std::move(entry), .why = why};
  if (task.step()) {
    const auto account = std::find(accounts.begin(), accounts.end(), task.integer(0));
    unrecorded.account = static_cast<int>(account - accounts.begin());
    unrecorded.task_id = task.text(1);
  }
  return unrecorded;
}

void TaskStore::Connection::write_entries(std::span<const core::Entry> entries) {
  const std::vector<Place> places = place_answers(entries);
  auto place = places.begin();
  for (const core::Entry& entry : entries) {
    if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
      write_answer(*answer, *place++);
    } else if (const auto* settle = std::get_if<core::SettleEntry>(&entry)) {
      settle_work.bind(1, settle->task);
      settle_work.run();
    } else {
      write_video(std::get<core::VideoEntry>(entry));
    }
  }
}

// Writes the blocks first, so that every snapshot finds its own.
std::vector<Place> TaskStore::Connection::place_answers(std::span<const core::Entry> entries) {
  std::vector<Place> places;
  std::unordered_map<core::TaskKey, Place> in_batch;
  std::vector<std::string_view> open;
  std::size_t open_bytes = 0;
  for (const core::Entry& entry : entries) {
    const auto* answer = std::get_if<core::AnswerEntry>(&entry);
    if (answer == nullptr) {
      continue;
    }
    hash.update(answer->body);
    const core::Sha256Digest sha256 = hash.finish();
    const auto earlier = in_batch.find(answer->task);
    const auto same = earlier == in_batch.end()          ? same_as_last(answer->task, sha256)
                      : earlier->second.sha256 == sha256 ? std::optional(earlier->second)
                                                         : std::nullopt;
    if (same) {
      places.push_back(*same);
      continue;
    }
    if (open.size() == AnswerCodec::kSlotsMax ||
        (!open.empty() && open_bytes + answer->body.size() > AnswerCodec::kBytesMax)) {
      write_block(open);
      open.clear();
      open_bytes = 0;
    }
    places.push_back({next.block, static_cast<std::int64_t>(open.size()), sha256});
    in_batch[answer->task] = places.back();
    open.push_back(answer->body);
    open_bytes += answer->body.size();
  }
  if (!open.empty()) {
    write_block(open);
  }
  return places;
}

std::optional<Place> TaskStore::Connection::same_as_last(std::int64_t task,
                                                         const core::Sha256Digest& sha256) {
  std::optional<Place> place;
  const Statement::Rewind rewind(last_answer);
  last_answer.bind(1, task);
  if (last_answer.step() &&
      last_answer.blob(0) ==
          std::string_view(reinterpret_cast<const char*>(sha256.data()), sha256.size())) {
    place = Place{last_answer.integer(1), last_answer.integer(2), sha256};
  }
  return place;
}

void TaskStore::Connection::write_block(const std::vector<std::string_view>& answers) {
  const EncodedBlock block = codec.encode(answers);
  add_block.bind(1, next.block++);
  add_block.bind(2, dictionary);
  add_block.bind_blob(3, block.lengths);
  add_block.bind_blob(4, block.content);
  add_block.run();
}

std::int64_t TaskStore::Connection::outcome_of(const core::AnswerEntry& entry) {
  const core::Answer& answer = entry.answer;
  const auto verdict = static_cast<std::int64_t>(answer.verdict);
  const std::string names = json_array(answer.usage, &core::UsageMetric::name);
  // With their lengths in front, no two lists of words give the same key, whatever bytes they hold.
  std::string key;
  for (const std::size_t number :
       {static_cast<std::size_t>(entry.http_status), static_cast<std::size_t>(verdict),
        answer.code.size(), answer.status.size(), answer.progress.size()}) {
    key += std::to_string(number) + ' ';
  }
  key += answer.code + answer.status + answer.progress + names;
  if (const auto known = outcomes.find(key); known != outcomes.end()) {
    return known->second;
  }
  const auto bind = [&](Statement& statement) {
    statement.bind(1, static_cast<std::int64_t>(entry.http_status));
    statement.bind(2, verdict);
    statement.bind(3, answer.code);
    statement.bind(4, answer.status);
    statement.bind(5, answer.progress);
    statement.bind(6, names);
  };
  const Statement::Rewind rewind(find_outcome);
  bind(find_outcome);
  std::int64_t id = 0;
  if (find_outcome.step()) {
    id = find_outcome.integer(0);
  } else {
    bind(add_outcome);
    add_outcome.run();
    id = database->getLastInsertRowid();
  }
  if (outcomes.size() >= kOutcomesMax) {
    outcomes.clear();
  }
  outcomes.emplace(std::move(key), id);
  return id;
}

void TaskStore::Connection::write_answer(const core::AnswerEntry& entry, const Place& place) {
  const std::int64_t snapshot = next.snapshot++;
  const std::string values = entry.answer.usage.empty()
                                 ? std::string()
                                 : json_array(entry.answer.usage, &core::UsageMetric::value);
  add_snapshot.bind(1, snapshot);
  add_snapshot.bind(2, entry.task);
  add_snapshot.bind(3, run);
  add_snapshot.bind(4, millis(entry.observed_at));
  add_snapshot.bind(5, outcome_of(entry));
  add_snapshot.bind_or_null(6, values);
  add_snapshot.bind(7, static_cast<std::int64_t>(entry.body.size()));
  add_snapshot.bind_blob(8,
                         {reinterpret_cast<const char*>(place.sha256.data()), place.sha256.size()});
  add_snapshot.bind(9, place.block);
  add_snapshot.bind(10, place.slot);
  add_snapshot.run();
  update_task(entry, snapshot);
  update_settling(entry);
  if (entry.answer.live_fetch) {
    mark_live_fetch.bind(1, entry.task);
    mark_live_fetch.run();
  }
  if (entry.settled) {
    settle_work.bind(1, entry.task);
    settle_work.run();
  }
  for (const core::VideoLink& link : entry.answer.links) {
    write_link(entry.task, link, snapshot);
  }
}

void TaskStore::Connection::write_link(std::int64_t task, const core::VideoLink& link,
                                       std::int64_t snapshot) {
  const auto write = [&](Statement& statement) {
    statement.bind(1, task);
    statement.bind(2, static_cast<std::int64_t>(link.index));
    statement.bind(3, snapshot);
    statement.bind_time(4, link.expires_at);
    statement.run();
    return database->getChanges() == 1;
  };
  if (!write(add_video)) {
    write(is_fresh(task, link) ? renew_video : offer_video);
  }
}

// Whether a link brings a URL that the one before had not. The expiry alone would not do, since not
// every link says one, and a link that moved to another host keeps its own. What is spelled the
// same was tried, and refused. It matters to nobody while a video was neither given up nor refused.
bool TaskStore::Connection::is_fresh(std::int64_t task, const core::VideoLink& link) {
  const Statement::Rewind rewind(known_video);
  known_video.bind(1, task);
  known_video.bind(2, static_cast<std::int64_t>(link.index));
  if (!known_video.step()) {
    return false;
  }
  const auto state = static_cast<core::VideoState>(known_video.integer(0));
  const bool given_up = state == core::VideoState::failed || state == core::VideoState::expired;
  bool fresh = false;
  if (given_up || !known_video.is_null(6)) {
    fresh = known_video.time(1) != link.expires_at;
    const auto id = core::TaskId::parse(known_video.text(5));
    if (!fresh && !known_video.is_null(2)) {  // else pruned: only the expiry is known
      const auto before = stored_link(stored,
                                      {known_video.integer(2), known_video.integer(3),
                                       static_cast<int>(known_video.integer(4))},
                                      std::get<core::TaskId>(id), link.index);
      fresh = !before || core::brings_more(link, *before);
    }
  }
  return fresh;
}

void TaskStore::Connection::update_task(const core::AnswerEntry& entry, std::int64_t snapshot) {
  if (entry.is_final) {
    finish(entry, snapshot);
    return;
  }
  const core::TaskFacts& facts = entry.answer.facts;
  const core::Verdict verdict = entry.answer.verdict;
  const bool says_where =
      entry.state == core::TaskState::unfinished &&
      (verdict == core::Verdict::unfinished || verdict == core::Verdict::unrecognised);
  move_task.bind(1, entry.task);
  move_task.bind(2, static_cast<std::int64_t>(entry.state));
  move_task.bind(3, millis(entry.observed_at));
  move_task.bind(4, static_cast<std::int64_t>(entry.not_found_runs));
  move_task.bind(5, entry.not_found_run);
  move_task.bind(6, snapshot);
  if (says_where) {
    move_task.bind(7, snapshot);
  } else {
    move_task.bind_null(7);
  }
  // The words of an answer that names another task are not this task's, and a row that is final
  // says what the bytes of its final snapshot say.
  const bool is_final_already =
      entry.state == core::TaskState::succeeded || entry.state == core::TaskState::failed;
  const bool ours = verdict != core::Verdict::wrong_task && !is_final_already;
  static const core::TaskFacts kNone;
  const core::TaskFacts& said = ours ? facts : kNone;
  int position = 8;
  for (const auto time : kStickyTimes) {
    move_task.bind_time(position++, said.*time);
  }
  for (const auto text : kStickyTexts) {
    move_task.bind_or_null(position++, said.*text);
  }
  move_task.run();
}

void TaskStore::Connection::finish(const core::AnswerEntry& entry, std::int64_t snapshot) {
  finish_task.bind(1, entry.task);
  finish_task.bind(2, static_cast<std::int64_t>(entry.state));
  finish_task.bind(3, millis(entry.observed_at));
  finish_task.bind(4, snapshot);
  bind_facts(finish_task, 5, entry.answer.facts);
  finish_task.run();
}

// Which tasks are to be asked once more for their quota (core::settles_at).
void TaskStore::Connection::update_settling(const core::AnswerEntry& entry) {
  if (entry.is_final && entry.settles_at) {
    unsettle_task.bind(1, entry.task);
    unsettle_task.bind(2, millis(*entry.settles_at));
    unsettle_task.run();
  } else if (entry.is_final || core::adds_nothing(entry.answer.verdict)) {
    settle_task.bind(1, entry.task);
    settle_task.bind(
        2, entry.is_final ? std::numeric_limits<std::int64_t>::max() : millis(entry.observed_at));
    settle_task.run();
  }
}

void TaskStore::Connection::write_video(const core::VideoEntry& entry) {
  const std::string none;
  settle_video.bind(1, entry.task);
  settle_video.bind(2, static_cast<std::int64_t>(entry.index));
  settle_video.bind(3, static_cast<std::int64_t>(entry.state));
  settle_video.bind(4, run);
  settle_video.bind_time(5, entry.first_refusal);
  for (const int position : {6, 7, 8, 9, 10}) {
    settle_video.bind_null(position);
  }
  std::string sha256;
  if (entry.file) {
    sha256 = from_hex(entry.file->sha256);
    settle_video.bind(6, entry.file->path);
    settle_video.bind(7, entry.file->bytes);
    settle_video.bind_blob(8, sha256);
    settle_video.bind(9, entry.file->checks);
    settle_video.bind(10, millis(entry.observed_at));
  }
  settle_video.bind_or_null(11, entry.error);
  settle_video.run();
}

std::int64_t TaskStore::log_bytes() const { return connection_->lies_at.log_bytes(); }

RunTotals TaskStore::totals() {
  Connection& c = *connection_;
  return with_ledger_errors(c.path, "read", [&] {
    RunTotals totals;
    Statement states(
        *c.database,
        "SELECT t.state, count(*), sum(t.state = 0 AND ifnull(t.submit_time, "
        "t.first_seen) < ?) FROM work AS w JOIN task AS t ON t.id = w.task GROUP BY 1");
    states.bind(1, millis(c.clock.utc() - c.stale_after));
    while (states.step()) {
      const auto count = static_cast<std::uint64_t>(states.integer(1));
      totals.tasks += count;
      totals.stale += static_cast<std::uint64_t>(states.integer(2));
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
    Statement wanted(*c.database,
                     "SELECT count(*), sum(v.settled_run <> ?) FROM video AS v "
                     "JOIN work AS w ON w.task = v.task WHERE v.state = 0");
    wanted.bind(1, c.run);
    if (wanted.step()) {
      totals.videos_wanted = static_cast<std::uint64_t>(wanted.integer(0));
      totals.videos_untried = static_cast<std::uint64_t>(wanted.integer(1));
    }
    return totals;
  });
}

void TaskStore::each_left(bool videos, const std::function<void(const LeftOver&)>& take) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] {
    const auto each = [&](const char* sql) {
      Statement rows(*c.database, sql);
      rows.bind(1, c.run);
      while (rows.step()) {
        const auto account = std::find(c.accounts.begin(), c.accounts.end(), rows.integer(0));
        take({.account = static_cast<int>(account - c.accounts.begin()),
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
  });
}

void TaskStore::require_newest_run() {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "read", [&] {
    const std::int64_t newest = c.last_id("run");
    if (newest != c.run) {
      throw core::Error("run " + std::to_string(newest) + " began in the ledger " + c.path +
                        " while run " + std::to_string(c.run) +
                        " was going on: both may have asked and fetched the same. Run `reeltally "
                        "db check`, then run again, and start no run past the lock of another");
    }
  });
}

void TaskStore::end_run(int exit_code, const std::string& summary_json) {
  Connection& c = *connection_;
  with_ledger_errors(c.path, "end a run in", [&] {
    Statement end(*c.database,
                  "UPDATE run SET finished_at = ?, exit_code = ?, summary = ? WHERE id = ?");
    end.bind(1, millis(c.clock.utc()));
    end.bind(2, static_cast<std::int64_t>(exit_code));
    end.bind(3, summary_json);
    end.bind(4, c.run);
    end.run();
    c.check_log();
  });
}

}  // namespace storage
