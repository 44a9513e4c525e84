#include "storage/alike_tasks.h"

#include <array>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

namespace storage {
namespace {

constexpr std::size_t kKindsMax = 8192;  // about 8 MiB

constexpr const char* kColumns =
    "t.account, t.state, {labels}, coalesce(t.model, t.input_model), t.action, t.resolution, "
    "t.duration_seconds, t.input_seconds, t.output_seconds, t.video_count, t.completion_tokens, "
    "t.total_tokens, t.super_resolution_tokens, t.units, t.credits, t.quota";
constexpr int kAccount = 0;
constexpr int kState = 1;
constexpr int kLabels = 2;
constexpr int kModel = 3;
constexpr std::array kWords = {&core::TaskFacts::model, &core::TaskFacts::action,
                               &core::TaskFacts::resolution};
constexpr int kCountsFrom = kModel + static_cast<int>(kWords.size());
constexpr int kTime = kCountsFrom + static_cast<int>(core::kCounts.size());

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

}  // namespace

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
  int column = kModel;
  for (const auto member : kWords) {
    task.facts.*member = row.text(column++);
  }
  for (const auto member : core::kCounts) {
    task.facts.*member = row.text(column++);
  }
  task.billed_at = at;
  task.billed_at_is_first_seen = way == Way::first_seen_finished;
  return task;
}

void AlikeTasks::add(const ReportQuery& query, Way way, bool unfrozen_only,
                     const std::function<bool(core::UtcTime)>& skip) {
  Cursor row = select_finished(database_, query, way, kColumns, "", unfrozen_only);
  while (row.step()) {
    const core::UtcTime at = *row.time(kTime);
    if (skip(at)) {
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

}  // namespace storage
