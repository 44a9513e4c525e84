#include "storage/sqlite/billing/grouped_tasks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string_view>

#include "storage/sqlite/fact_columns.h"
#include "storage/sqlite/stored_numbers.h"

namespace storage {
namespace {

// What a price or a sum can depend on.
constexpr bool tells_apart(const core::Fact& fact) {
  return core::is_price_text(fact) || core::is_count(fact);
}
constexpr auto kTellingFacts = core::fact_members<core::FactText, tells_apart>();
constexpr int kAccount = 0;
constexpr int kState = 1;
constexpr int kLabels = 2;
constexpr int kFactsFrom = 3;
constexpr int kChargedUnder = kFactsFrom + static_cast<int>(kTellingFacts.size());
constexpr int kTime = kChargedUnder + 1;

std::string task_columns() {
  constexpr std::string_view kModel = "t.model";
  std::string facts = fact_columns("t.", tells_apart);
  facts.replace(facts.find(kModel), kModel.size(), "coalesce(t.model, t.input_model)");
  return "t.account, t.state, {labels}, " + facts + ", {charged_under}";
}

template <typename Number>
void append_bytes(std::string& key, Number number) {
  std::array<char, sizeof(number)> bytes;
  std::memcpy(bytes.data(), &number, sizeof(number));
  key.append(bytes.data(), bytes.size());
}

// With its length, so that no two rows of texts have the same key.
void append_text(std::string& key, std::string_view text) {
  if (text.empty()) {  // most counts
    key.push_back('\0');
    return;
  }
  constexpr std::size_t kLong = 255;
  if (text.size() < kLong) {
    key.push_back(static_cast<char>(text.size()));
  } else {
    key.push_back(static_cast<char>(kLong));
    append_bytes(key, text.size());
  }
  key.append(text);
}

// Of the time in which tasks finished, which may be a small part of the period.
void add_slices_by_finish(SQLite::Database& database, const core::ReportQuery& query,
                          std::vector<core::TaskSlice>& slices) {
  constexpr int kSlices = 64;
  const std::string end_of_index =
      "SELECT finish_time FROM task INDEXED BY task_by_finish WHERE state " +
      sql_in_finished_states() +
      " AND finish_time >= ?1 AND finish_time < ?2 ORDER BY finish_time ";
  std::vector<core::UtcTime> ends;
  for (const char* order : {"ASC LIMIT 1", "DESC LIMIT 1"}) {
    Cursor row(database, end_of_index + order,
               {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count()});
    if (!row.step()) {
      return;
    }
    ends.push_back(*row.time(0));
  }
  const auto behind = ends[1] + std::chrono::milliseconds(1);
  const auto length = (behind - ends[0]) / kSlices + std::chrono::milliseconds(1);
  for (core::UtcTime begin = ends[0]; begin < behind; begin += length) {
    core::TaskSlice& slice =
        slices.emplace_back(core::TaskSlice{core::TimeIndex::finish_time, query});
    slice.query.begin = begin;
    slice.query.end = std::min(begin + length, behind);
  }
}

}  // namespace

GroupedTasks::GroupedTasks(GroupReader& reader, const core::TaskSlice& slice, bool unfrozen_only)
    : reader_(reader),
      index_(slice.index),
      row_(select_finished(reader.database, slice.query, slice.index, task_columns(), "",
                           unfrozen_only)) {}

core::UtcTime GroupedTasks::time() const { return *row_.time(kTime); }

void GroupedTasks::append_key(std::string& key) const {
  append_bytes(key, row_.integer(kAccount));
  key.push_back(static_cast<char>(row_.integer(kState)));
  for (int column = kLabels; column < kTime; ++column) {
    append_text(key, row_.text(column));
  }
}

core::FinishedTask GroupedTasks::task() {
  core::FinishedTask task;
  task.account = reader_.accounts.name(row_.integer(kAccount));
  task.succeeded = row_.integer(kState) == static_cast<int>(core::TaskState::succeeded);
  task.labels = reader_.labels.read(row_.text(kLabels));
  int column = kFactsFrom;
  for (const auto member : kTellingFacts) {
    task.facts.*member = row_.text(column++);
  }
  task.charged_under = row_.text(kChargedUnder);
  task.billed_at = time();
  if (index_ == core::TimeIndex::first_seen_finished) {
    task.billed_at_source = core::BilledAt::first_seen_finished;
  }
  return task;
}

std::vector<core::TaskSlice> slices_of(SQLite::Database& database, const core::ReportQuery& query) {
  std::vector<core::TaskSlice> slices;
  for (const core::TimeIndex index : core::time_indexes(query.time)) {
    if (index == core::TimeIndex::finish_time) {
      add_slices_by_finish(database, query, slices);
    } else {
      slices.push_back({index, query});
    }
  }
  return slices;
}

}  // namespace storage
