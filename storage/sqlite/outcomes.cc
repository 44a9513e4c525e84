#include "storage/sqlite/outcomes.h"

#include <utility>

#include "storage/answers/outcome_words.h"

namespace storage {

std::int64_t Outcomes::row_of(const core::AnswerEntry& entry) {
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
