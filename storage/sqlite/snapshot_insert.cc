#include "storage/sqlite/snapshot_insert.h"

#include <cassert>
#include <variant>
#include <vector>

#include "storage/answers/json_text.h"
#include "storage/answers/snapshot_chain.h"

namespace storage {
namespace {

core::Sha256Digest last_link(SQLite::Database& database) {
  Statement last(database, "SELECT sha256 FROM snapshot_link ORDER BY last DESC LIMIT 1");
  return last.step() ? stored_link_digest(last.blob(0)) : core::Sha256Digest{};
}

}  // namespace

SnapshotInsert::SnapshotInsert(SQLite::Database& database)
    : outcomes_(database),
      next_(1 + database.execAndGet("SELECT ifnull(max(id), 0) FROM snapshot").getInt64()),
      link_(last_link(database)),
      add_one_(database, insertion(1).c_str()),
      add_many_(database, insertion(kTogether).c_str()),
      add_link_(database, "INSERT INTO snapshot_link (last, sha256) VALUES (?, ?)") {}

void SnapshotInsert::go_back_to(const Mark& mark) {
  next_ = mark.next;
  lines_.resize(mark.chained);
  link_ = mark.link;
  outcomes_.forget();
}

std::string SnapshotInsert::insertion(std::size_t rows) {
  return "INSERT OR FAIL INTO snapshot (id, task, run, observed_at, outcome, usage_values, "
         "raw_bytes, "
         "raw_sha256, block, slot) VALUES " +
         placeholders(rows, kColumns);
}

void SnapshotInsert::add(std::span<const core::Entry> entries, std::span<const AnswerPlace> places,
                         std::int64_t run) {
  run_ = run;
  std::vector<const core::AnswerEntry*> answers;
  answers.reserve(places.size());
  for (const core::Entry& entry : entries) {
    if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
      answers.push_back(answer);
    }
  }
  assert(answers.size() == places.size());
  for (std::size_t first = 0; first < answers.size();) {
    const bool many = answers.size() - first >= kTogether;
    const std::size_t rows = many ? kTogether : 1;
    Statement& statement = many ? add_many_ : add_one_;
    for (std::size_t row = 0; row < rows; ++row) {
      bind(statement, row, *answers[first + row], places[first + row]);
    }
    statement.run();
    first += rows;
  }
}

void SnapshotInsert::bind(Statement& statement, std::size_t row, const core::AnswerEntry& entry,
                          const AnswerPlace& place) {
  std::string& values = values_.at(row);
  values.clear();
  if (!entry.answer.usage.empty()) {
    append_json_array(values, entry.answer.usage, &core::UsageMetric::value);
  }
  const auto bytes = static_cast<std::int64_t>(entry.body.size());
  int position = static_cast<int>(row * kColumns);
  statement.bind(++position, next_);
  statement.bind(++position, entry.task);
  statement.bind(++position, run_);
  statement.bind_time(++position, entry.observed_at);
  statement.bind(++position, outcomes_.row_of(entry));
  statement.bind_or_null(++position, values);
  statement.bind(++position, bytes);
  statement.bind_blob(++position, core::bytes_of(place.sha256));
  statement.bind(++position, place.block);
  statement.bind(++position, place.slot);
  append_chain_line(lines_, {.snapshot = next_++,
                             .task = entry.task,
                             .run = run_,
                             .observed_at = entry.observed_at.time_since_epoch().count(),
                             .http_status = entry.http_status,
                             .verdict = static_cast<std::int64_t>(entry.answer.verdict),
                             .raw_bytes = bytes,
                             .raw_sha256 = core::bytes_of(place.sha256),
                             .usage_values = values});
}

void SnapshotInsert::write_link() {
  if (lines_.empty()) {
    return;
  }
  link_ = chain_link(link_, lines_);
  lines_.clear();
  add_link_.bind(1, next_ - 1);
  add_link_.bind_blob(2, core::bytes_of(link_));
  add_link_.run();
}

}  // namespace storage
