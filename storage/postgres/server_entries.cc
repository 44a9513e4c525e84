#include "storage/postgres/server_entries.h"

#include <cassert>
#include <map>
#include <utility>
#include <variant>

#include "core/domain/lifecycle.h"
#include "storage/answers/entry_change.h"
#include "storage/answers/json_text.h"
#include "storage/answers/outcome_words.h"
#include "storage/answers/snapshot_chain.h"
#include "storage/postgres/server_blocks.h"
#include "storage/statements/fact_columns.h"

namespace storage {
namespace {

using Kind = Column::Kind;

// Columns of a batch, one after the other, as `unnest` takes them.
class Columns {
 public:
  explicit Columns(const std::vector<Kind>& kinds) {
    columns_.reserve(kinds.size());
    for (const Kind kind : kinds) {
      columns_.emplace_back(kind);
    }
  }
  /// The next one of the row; behind the last one comes the first.
  Column& next() {
    Column& column = columns_[at_];
    at_ = (at_ + 1) % columns_.size();
    return column;
  }
  [[nodiscard]] Parameters parameters() {
    assert(at_ == 0);
    Parameters parameters;
    for (Column& column : columns_) {
      parameters.add(column);
    }
    return parameters;
  }

 private:
  std::vector<Column> columns_;
  std::size_t at_ = 0;
};

// Adds the facts' columns and their assignments. Only a fact of the final answer is cleared by an
// answer that lacks it.
void add_facts(core::FactCondition accepts, std::vector<std::string>& names,
               std::vector<Kind>& kinds, std::string& assignments) {
  each_fact(accepts, [&](const core::Fact& fact) {
    const std::string column(fact.column);
    names.push_back(column);
    kinds.push_back(fact.kind == core::FactKind::time ? Kind::integer : Kind::text);
    assignments += ", " + column + " = " +
                   (core::is_of_any_answer(fact) ? "coalesce(u." + column + ", t." + column + ")"
                                                 : "u." + column);
  });
}

struct TaskUpdate {
  std::string sql;
  std::vector<Kind> kinds;
};

TaskUpdate task_update(std::vector<std::string> names, std::vector<Kind> kinds,
                       std::string assignments, core::FactCondition accepts) {
  add_facts(accepts, names, kinds, assignments);
  return {"UPDATE task AS t SET " + assignments + " FROM " + rows_of(names) + " WHERE t.id = u.id",
          std::move(kinds)};
}

template <typename Times, typename Texts>
void add_facts(Columns& columns, const core::TaskFacts& facts, const Times& times,
               const Texts& texts) {
  for (const auto time : times) {
    columns.next().add_time(facts.*time);
  }
  for (const auto text : texts) {
    columns.next().add_or_null(facts.*text);
  }
}

}  // namespace

void ServerEntries::forget() {
  outcomes_.clear();
  videos_.recent_links().clear();
}

// Blocks, then snapshots, at once. What follows of them, and the other entries, in rounds: each
// task at most once in each, so that its entries stay in their order.
void ServerEntries::write(std::span<const core::Entry> entries, std::int64_t run) {
  std::vector<Numbered> answers;
  std::vector<Round> rounds;
  std::unordered_map<core::TaskKey, std::size_t> met;
  for (const core::Entry& entry : entries) {
    const core::TaskKey task = std::visit([](const auto& one) { return one.task; }, entry);
    const std::size_t nth = met[task]++;
    if (nth == rounds.size()) {
      rounds.emplace_back();
    }
    Round& round = rounds[nth];
    if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
      answers.push_back({answer, 0});
      round.answers.push_back({answer, static_cast<std::int64_t>(answers.size() - 1)});
      if (answer->settled) {
        round.settled.push_back(task);
      }
    } else if (std::holds_alternative<core::SettleEntry>(entry)) {
      round.settled.push_back(task);
    } else {
      round.videos.push_back(&std::get<core::VideoEntry>(entry));
    }
  }
  if (!answers.empty()) {
    const std::int64_t first = take_numbers("snapshot", static_cast<std::int64_t>(answers.size()));
    for (std::size_t i = 0; i < answers.size(); ++i) {
      answers[i].snapshot = first + static_cast<std::int64_t>(i);
    }
    write_snapshots(answers, write_blocks(entries), run);
    for (Round& round : rounds) {
      for (Numbered& answer : round.answers) {
        answer.snapshot += first;
      }
    }
  }
  for (const Round& round : rounds) {
    write(round, run);
  }
}

// The row stays locked until the transaction ends: who numbers first commits first.
std::int64_t ServerEntries::take_numbers(const char* counter, std::int64_t count) {
  Rows row =
      connection_.query("UPDATE counter SET next = next + $2 WHERE name = $1 RETURNING next - $2",
                        Parameters().add(std::string_view(counter)).add(count));
  if (!row.step()) {
    throw core::Error("the ledger " + connection_.name() + " lacks its counter of " + counter +
                      "s; restore a backup");
  }
  return row.integer(0);
}

std::unordered_map<core::TaskKey, AnswerPlace> ServerEntries::last_places(
    std::span<const core::Entry> entries) {
  Column tasks(Kind::integer);
  for (const core::Entry& entry : entries) {
    if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
      tasks.add(answer->task);
    }
  }
  Rows rows = connection_.query(
      "SELECT t.id, s.block, s.slot, s.raw_sha256 FROM task AS t JOIN snapshot AS s ON "
      "s.id = t.last_snapshot WHERE t.id = ANY($1) AND s.block IS NOT NULL",
      Parameters().add(tasks));
  std::unordered_map<core::TaskKey, AnswerPlace> places;
  while (rows.step()) {
    AnswerPlace place{rows.integer(1), rows.integer(2), {}};
    const std::string_view sha256 = rows.blob(3);
    if (sha256.size() == place.sha256.size()) {
      std::copy(sha256.begin(), sha256.end(), place.sha256.begin());
      places.emplace(rows.integer(0), place);
    }
  }
  return places;
}

std::vector<AnswerPlace> ServerEntries::write_blocks(std::span<const core::Entry> entries) {
  const auto last = last_places(entries);
  std::int64_t next = take_numbers("answer_block", 0);
  const std::int64_t first = next;
  Columns blocks({Kind::integer, Kind::bytes, Kind::bytes});
  const auto same_as_last = [&last](core::TaskKey task, const core::Sha256Digest& sha256) {
    const auto place = last.find(task);
    return place != last.end() && place->second.sha256 == sha256 ? std::optional(place->second)
                                                                 : std::nullopt;
  };
  const auto write_block = [&blocks](std::int64_t number, const EncodedBlock& block) {
    blocks.next().add(number);
    blocks.next().add(block.lengths);
    blocks.next().add(block.content);
  };
  std::vector<AnswerPlace> places =
      packing_.pack(entries, next, {.same_as_last = same_as_last, .write_block = write_block});
  if (next > first) {
    static_cast<void>(take_numbers("answer_block", next - first));
    const std::int64_t words = dictionary_row(connection_);  // under the lock of the counter
    connection_.execute(
        "INSERT INTO answer_block (id, dictionary, lengths, content) SELECT u.id, $4, u.lengths, "
        "u.content FROM " +
            rows_of({"id", "lengths", "content"}),
        blocks.parameters().add(words));
  }
  return places;
}

// Under the lock of the counter.
std::int64_t ServerEntries::outcome_of(const core::AnswerEntry& entry) {
  const OutcomeWords words = outcome_words(entry);
  std::string key = words.key();
  if (const auto known = outcomes_.find(key); known != outcomes_.end()) {
    return known->second;
  }
  const auto parameters = [&words] {
    return Parameters()
        .add(words.http_status)
        .add(words.verdict)
        .add(words.code)
        .add(words.status)
        .add(words.progress)
        .add(words.usage_names);
  };
  Rows found = connection_.query(
      "SELECT id FROM outcome WHERE http_status = $1 AND verdict = $2 AND code = $3 AND "
      "status = $4 AND progress = $5 AND usage_names = $6",
      parameters());
  std::int64_t id = 0;
  if (found.step()) {
    id = found.integer(0);
  } else {
    Rows added = connection_.query(
        "INSERT INTO outcome (id, http_status, verdict, code, status, progress, usage_names) "
        "SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6 FROM outcome RETURNING id",
        parameters());
    id = added.next_integer();
  }
  if (outcomes_.size() >= kOutcomesMax) {
    outcomes_.clear();
  }
  outcomes_.emplace(std::move(key), id);
  return id;
}

void ServerEntries::write_snapshots(const std::vector<Numbered>& answers,
                                    const std::vector<AnswerPlace>& places, std::int64_t run) {
  assert(answers.size() == places.size());
  Columns rows({Kind::integer, Kind::integer, Kind::integer, Kind::integer, Kind::text,
                Kind::integer, Kind::bytes, Kind::integer, Kind::integer});
  std::string lines;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const core::AnswerEntry& entry = *answers[i].entry;
    const AnswerPlace& place = places[i];
    const std::string values =
        entry.answer.usage.empty()
            ? std::string()
            : storable_text(json_array(entry.answer.usage, &core::UsageMetric::value));
    rows.next().add(answers[i].snapshot);
    rows.next().add(entry.task);
    rows.next().add_time(entry.observed_at);
    rows.next().add(outcome_of(entry));
    rows.next().add_or_null(values);
    rows.next().add(static_cast<std::int64_t>(entry.body.size()));
    rows.next().add(core::bytes_of(place.sha256));
    rows.next().add(place.block);
    rows.next().add(place.slot);
    append_chain_line(lines, {.snapshot = answers[i].snapshot,
                              .task = entry.task,
                              .run = run,
                              .observed_at = entry.observed_at.time_since_epoch().count(),
                              .http_status = entry.http_status,
                              .verdict = static_cast<std::int64_t>(entry.answer.verdict),
                              .raw_bytes = static_cast<std::int64_t>(entry.body.size()),
                              .raw_sha256 = core::bytes_of(place.sha256),
                              .usage_values = values});
  }
  static const std::string kInsert =
      "INSERT INTO snapshot (id, task, run, observed_at, outcome, usage_values, raw_bytes, "
      "raw_sha256, block, slot) SELECT u.id, u.task, $10, u.observed_at, u.outcome, "
      "u.usage_values, u.raw_bytes, u.raw_sha256, u.block, u.slot FROM " +
      rows_of({"id", "task", "observed_at", "outcome", "usage_values", "raw_bytes", "raw_sha256",
               "block", "slot"});
  connection_.execute(kInsert, rows.parameters().add(run));
  write_link(answers.back().snapshot, lines);
}

// Under the lock of the counter, so that the last link is that of the snapshot before.
void ServerEntries::write_link(std::int64_t last, const std::string& lines) {
  connection_.execute(
      "INSERT INTO snapshot_link (last, sha256) SELECT $1, sha256(convert_to(encode(coalesce("
      "(SELECT sha256 FROM snapshot_link ORDER BY last DESC LIMIT 1), "
      "decode(repeat('00', 32), 'hex')), 'hex') || chr(10), 'UTF8') || $2)",
      Parameters().add(last).add_bytes(lines));
}

void ServerEntries::write(const Round& round, std::int64_t run) {
  std::vector<Numbered> moved;
  std::vector<Numbered> final;
  std::vector<ServerVideos::Offer> offers;
  for (const Numbered& answer : round.answers) {
    (answer.entry->is_final ? final : moved).push_back(answer);
    for (const core::VideoLink& link : answer.entry->answer.links) {
      offers.push_back({answer.entry->task, answer.snapshot, &link});
    }
  }
  move_tasks(moved);
  finish_tasks(final);
  change_quotas(round.answers);
  mark_live_fetches(round.answers);
  settle(round.settled);
  videos_.offer(offers);
  videos_.record(round.videos, run);
}

void ServerEntries::move_tasks(const std::vector<Numbered>& answers) {
  if (answers.empty()) {
    return;
  }
  static const TaskUpdate kUpdate =
      task_update({"id", "state", "at", "not_found_runs", "not_found_run", "not_found_answers",
                   "not_found_at", "snapshot", "status_snapshot"},
                  std::vector<Kind>(9, Kind::integer),
                  "state = u.state, last_query = u.at, queries = t.queries + 1, "
                  "not_found_runs = u.not_found_runs, not_found_run = u.not_found_run, "
                  "not_found_answers = u.not_found_answers, not_found_at = u.not_found_at, "
                  "last_snapshot = u.snapshot, "
                  "status_snapshot = coalesce(u.status_snapshot, t.status_snapshot)",
                  core::is_of_any_answer);
  Columns rows(kUpdate.kinds);
  for (const Numbered& answer : answers) {
    const core::AnswerEntry& entry = *answer.entry;
    rows.next().add(entry.task);
    rows.next().add(static_cast<std::int64_t>(entry.state));
    rows.next().add_time(entry.observed_at);
    rows.next().add(std::int64_t{entry.not_found.runs});
    rows.next().add(entry.not_found.last_run);
    rows.next().add(std::int64_t{entry.not_found.answers});
    rows.next().add_time(entry.not_found.last_answer);
    rows.next().add(answer.snapshot);
    if (core::tells_status(entry.answer.verdict, entry.state)) {
      rows.next().add(answer.snapshot);
    } else {
      rows.next().add_null();
    }
    add_facts(rows, facts_taken(entry), kStickyTimes, kStickyTexts);
  }
  connection_.execute(kUpdate.sql, rows.parameters());
}

// A final answer that says the same again, byte for byte, is no other one: the task's lines in
// reports keep their ID (core::line_id).
void ServerEntries::finish_tasks(const std::vector<Numbered>& answers) {
  if (answers.empty()) {
    return;
  }
  static const TaskUpdate kUpdate = task_update(
      {"id", "state", "at", "snapshot"}, std::vector<Kind>(4, Kind::integer),
      "state = u.state, last_query = u.at, queries = t.queries + 1, not_found_runs = 0, "
      "not_found_run = 0, not_found_answers = 0, not_found_at = NULL, last_snapshot = u.snapshot, "
      "status_snapshot = u.snapshot, "
      "final_snapshot = CASE WHEN t.final_snapshot IS NOT NULL AND "
      "(SELECT raw_sha256 FROM snapshot WHERE id = t.final_snapshot) = "
      "(SELECT raw_sha256 FROM snapshot WHERE id = u.snapshot) THEN t.final_snapshot "
      "ELSE u.snapshot END",
      core::any_fact);
  Columns rows(kUpdate.kinds);
  for (const Numbered& answer : answers) {
    const core::AnswerEntry& entry = *answer.entry;
    rows.next().add(entry.task);
    rows.next().add(static_cast<std::int64_t>(entry.state));
    rows.next().add_time(entry.observed_at);
    rows.next().add(answer.snapshot);
    add_facts(rows, entry.answer.facts, core::kFactTimes, core::kFactTexts);
  }
  connection_.execute(kUpdate.sql, rows.parameters());
}

void ServerEntries::change_quotas(const std::vector<Numbered>& answers) {
  Columns waiting({Kind::integer, Kind::integer});
  Columns settled({Kind::integer, Kind::integer});
  bool any_waits = false;
  bool any_settled = false;
  for (const Numbered& answer : answers) {
    const QuotaChange change = quota_change(*answer.entry);
    if (change.kind == QuotaChange::Kind::none) {
      continue;
    }
    const bool waits = change.kind == QuotaChange::Kind::waits;
    (waits ? any_waits : any_settled) = true;
    Columns& rows = waits ? waiting : settled;
    rows.next().add(answer.entry->task);
    rows.next().add_time(change.at);
  }
  if (any_waits) {
    connection_.execute(
        "INSERT INTO unsettled (task, settles_at) SELECT * FROM unnest($1, $2) "
        "ON CONFLICT (task) DO UPDATE SET settles_at = excluded.settles_at",
        waiting.parameters());
  }
  if (any_settled) {
    connection_.execute(
        "DELETE FROM unsettled AS s USING unnest($1, $2) AS u(task, at) "
        "WHERE s.task = u.task AND s.settles_at <= u.at",
        settled.parameters());
  }
}

void ServerEntries::mark_live_fetches(const std::vector<Numbered>& answers) {
  Column tasks(Kind::integer);
  for (const Numbered& answer : answers) {
    if (answer.entry->answer.live_fetch) {
      tasks.add(answer.entry->task);
    }
  }
  if (tasks.size() > 0) {
    connection_.execute(
        "INSERT INTO live_fetch (task) SELECT * FROM unnest($1) ON CONFLICT (task) DO NOTHING",
        Parameters().add(tasks));
  }
}

void ServerEntries::settle(const std::vector<core::TaskKey>& tasks) {
  if (tasks.empty()) {
    return;
  }
  Column keys(Kind::integer);
  for (const core::TaskKey task : tasks) {
    keys.add(task);
  }
  connection_.execute("UPDATE work SET settled = 1 WHERE task = ANY($1)", Parameters().add(keys));
}

}  // namespace storage
