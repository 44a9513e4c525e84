#include "storage/sqlite/outcomes.h"

#include <algorithm>
#include <utility>

#include "storage/answers/outcome_words.h"

namespace storage {

void Outcomes::forget() {
  recent_.fill({});
  known_.clear();
}

bool Outcomes::is_of(const Recent& recent, const core::AnswerEntry& entry) {
  const core::Answer& answer = entry.answer;
  return recent.id != 0 && recent.http_status == entry.http_status &&
         recent.verdict == answer.verdict && recent.status == answer.status &&
         recent.progress == answer.progress && recent.code == answer.code &&
         std::equal(recent.usage_names.begin(), recent.usage_names.end(), answer.usage.begin(),
                    answer.usage.end(), [](const std::string& name, const auto& metric) {
                      return name == metric.name;
                    });
}

void Outcomes::keep(std::int64_t id, const core::AnswerEntry& entry) {
  const core::Answer& answer = entry.answer;
  Recent& recent = recent_.at(oldest_);
  oldest_ = (oldest_ + 1) % kRecent;
  recent = {id, entry.http_status, answer.verdict, answer.code, answer.status, answer.progress, {}};
  for (const core::UsageMetric& metric : answer.usage) {
    recent.usage_names.push_back(metric.name);
  }
}

std::int64_t Outcomes::row_of(const core::AnswerEntry& entry) {
  for (const Recent& recent : recent_) {
    if (is_of(recent, entry)) {
      return recent.id;
    }
  }
  const std::int64_t id = find_or_add(entry);
  keep(id, entry);
  return id;
}

std::int64_t Outcomes::find_or_add(const core::AnswerEntry& entry) {
  const OutcomeWords words = outcome_words(entry);
  std::string key = words.key();
  if (const auto known = known_.find(key); known != known_.end()) {
    return known->second;
  }
  const auto bind = [&](Statement& statement) {
    statement.bind(1, words.http_status);
    statement.bind(2, words.verdict);
    statement.bind(3, words.code);
    statement.bind(4, words.status);
    statement.bind(5, words.progress);
    statement.bind(6, words.usage_names);
  };
  const Statement::Rewind rewind(find_);
  bind(find_);
  std::int64_t id = 0;
  if (find_.step()) {
    id = find_.integer(0);
  } else {
    bind(add_);
    add_.run();
    id = database_.getLastInsertRowid();
  }
  if (known_.size() >= kKnownMax) {
    known_.clear();
  }
  known_.emplace(std::move(key), id);
  return id;
}

}  // namespace storage
