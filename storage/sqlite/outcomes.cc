#include "storage/sqlite/outcomes.h"

#include <utility>

#include "storage/answers/json_text.h"

namespace storage {

std::int64_t Outcomes::row_of(const core::AnswerEntry& entry) {
  const core::Answer& answer = entry.answer;
  const auto verdict = static_cast<std::int64_t>(answer.verdict);
  const std::string names = json_array(answer.usage, &core::UsageMetric::name);
  // Each word is preceded by its length, so that no two lists of words give the same key.
  std::string key;
  for (const std::size_t number :
       {static_cast<std::size_t>(entry.http_status), static_cast<std::size_t>(verdict),
        answer.code.size(), answer.status.size(), answer.progress.size()}) {
    key += std::to_string(number) + ' ';
  }
  key += answer.code + answer.status + answer.progress + names;
  if (const auto known = known_.find(key); known != known_.end()) {
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
