#include "storage/sqlite/billing/alike_tasks.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/answers/json_text.h"
#include "storage/answers/text_hash.h"
#include "storage/sqlite/cursor.h"
#include "storage/sqlite/fact_columns.h"

namespace storage {
namespace {

constexpr std::size_t kKindsMax = 8192;  // about 8 MiB

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

using Visit = std::function<void(const core::FinishedTask&, std::int64_t)>;

// Counts the tasks of each kind. One thread at a time.
class AlikeTasks {
 public:
  AlikeTasks(SQLite::Database& database, const core::TimeZone& zone, Visit visit);

  // Adds the tasks that `way` finds, but for those of closed periods; visits some when there are
  // too many kinds to keep.
  void add(const ReportQuery& query, Way way, const std::vector<ClosedPeriod>& closed);
  // Visits what was added and not yet visited.
  void flush();

 private:
  struct Kind {
    core::FinishedTask task;
    std::int64_t count = 0;
  };

  void make_key(const Cursor& row, core::UtcTime at, Way way);
  [[nodiscard]] core::FinishedTask task_of(const Cursor& row, core::UtcTime at, Way way);

  SQLite::Database& database_;
  AccountNames accounts_;
  core::TimeZone zone_;  // its own, since a zone belongs to one thread
  Visit visit_;
  LabelReader labels_;
  TextTable<Kind> kinds_;
  std::string key_;  // of the row at hand
};

AlikeTasks::AlikeTasks(SQLite::Database& database, const core::TimeZone& zone, Visit visit)
    : database_(database), accounts_(database), zone_(zone), visit_(std::move(visit)) {}

void AlikeTasks::make_key(const Cursor& row, core::UtcTime at, Way way) {
  key_.clear();
  append_bytes(key_, way);
  append_bytes(key_, row.integer(kAccount));
  append_bytes(key_, zone_.day_number(at));
  key_.push_back(static_cast<char>(row.integer(kState)));
  for (int column = kLabels; column < kTime; ++column) {
    append_text(key_, row.text(column));
  }
}

core::FinishedTask AlikeTasks::task_of(const Cursor& row, core::UtcTime at, Way way) {
  core::FinishedTask task;
  task.account = accounts_.name(row.integer(kAccount));
  task.succeeded = row.integer(kState) == static_cast<int>(core::TaskState::succeeded);
  task.labels = labels_.read(row.text(kLabels));
  int column = kFactsFrom;
  for (const auto member : kTellingFacts) {
    task.facts.*member = row.text(column++);
  }
  task.charged_under = row.text(kChargedUnder);
  task.billed_at = at;
  if (way == Way::first_seen_finished) {
    task.billed_at_source = core::BilledAt::first_seen_finished;
  }
  return task;
}

void AlikeTasks::add(const ReportQuery& query, Way way, const std::vector<ClosedPeriod>& closed) {
  Cursor row = select_finished(database_, query, way, task_columns(), "", !closed.empty());
  while (row.step()) {
    const core::UtcTime at = *row.time(kTime);
    if (closed_period_at(closed, at) != nullptr) {
      continue;
    }
    make_key(row, at, way);
    auto found = kinds_.find(key_);
    if (found == kinds_.end()) {
      if (kinds_.size() >= kKindsMax) {
        flush();
      }
      found = kinds_.emplace(key_, Kind{.task = task_of(row, at, way)}).first;
    }
    ++found->second.count;
  }
}

void AlikeTasks::flush() {
  for (const auto& [key, kind] : kinds_) {
    visit_(kind.task, kind.count);
  }
  kinds_.clear();
}

// The parts of a period that threads take one after another. Only an index brings a part of a
// period's tasks without reading all of them.
class Parts {
 public:
  struct Part {
    Way way;
    ReportQuery query;
  };

  Parts(SQLite::Database& database, const ReportQuery& query) {
    for (const Way way : ways_by(query.time)) {
      if (way == Way::finish_time) {
        add_slices(database, query);
      } else {
        parts_.push_back({way, query});
      }
    }
  }
  // Null: the end.
  const Part* next() {
    const std::size_t index = next_.fetch_add(1);
    return index < parts_.size() ? &parts_[index] : nullptr;
  }

 private:
  // Of the time in which tasks finished, which may be a small part of the period.
  void add_slices(SQLite::Database& database, const ReportQuery& query) {
    constexpr int kSlices = 64;
    const char* const end_of_index =
        "SELECT finish_time FROM task INDEXED BY task_by_finish WHERE state IN (1, 2) AND "
        "finish_time >= ?1 AND finish_time < ?2 ORDER BY finish_time ";
    std::vector<core::UtcTime> ends;
    for (const char* order : {"ASC LIMIT 1", "DESC LIMIT 1"}) {
      Cursor row(database, std::string(end_of_index) + order,
                 {query.begin.time_since_epoch().count(), query.end.time_since_epoch().count()});
      if (!row.step()) {
        return;
      }
      ends.push_back(*row.time(0));
    }
    const auto behind = ends[1] + std::chrono::milliseconds(1);
    const auto length = (behind - ends[0]) / kSlices + std::chrono::milliseconds(1);
    for (core::UtcTime begin = ends[0]; begin < behind; begin += length) {
      Part& part = parts_.emplace_back(Part{Way::finish_time, query});
      part.query.begin = begin;
      part.query.end = std::min(begin + length, behind);
    }
  }

  std::vector<Part> parts_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

void each_kind_of_task(const Readers& readers, const ReportQuery& query,
                       const std::vector<ClosedPeriod>& closed, const core::TimeZone& zone,
                       const Visit& visit) {
  Parts parts(readers.first, query);
  std::mutex one_at_a_time;
  const auto locked_visit = [&](const core::FinishedTask& task, std::int64_t count) {
    const std::lock_guard lock(one_at_a_time);
    visit(task, count);
  };
  const auto read_parts = [&](AlikeTasks& alike) {
    while (const Parts::Part* part = parts.next()) {
      alike.add(part->query, part->way, closed);
    }
    alike.flush();
  };
  AlikeTasks alike(readers.first, zone, locked_visit);
  std::optional<AlikeTasks> others;
  std::future<void> other_thread;  // waited for, whatever ends this thread's part
  if (readers.second != nullptr) {
    others.emplace(*readers.second, zone, locked_visit);
    other_thread = std::async(std::launch::async, read_parts, std::ref(*others));
  }
  read_parts(alike);
  if (other_thread.valid()) {
    other_thread.get();
  }
}

}  // namespace storage
