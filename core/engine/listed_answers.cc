#include "core/engine/listed_answers.h"

#include <utility>

namespace core {

std::size_t ListedAnswers::take(int account, std::vector<ListedAnswer>&& page) {
  ++run_.tally.requests;
  std::vector<TaskId> ids;
  std::map<std::string_view, ListedAnswer*> by_id;
  for (ListedAnswer& answer : page) {
    if (by_id.emplace(answer.id.text(), &answer).second) {
      ids.push_back(answer.id);
    }
  }
  make_room(ids.size());
  // Before the ledger is read: what is committed by then, it does not name.
  std::erase_if(uncommitted_, [committed = run_.ledger.committed()](const auto& one) {
    return one.second <= committed;
  });
  std::size_t taken = 0;
  for (TaskRecord& task : run_.ledger.named_tasks(account, std::move(ids))) {
    const auto listed = by_id.find(task.id.text());
    if (listed != by_id.end() && !uncommitted_.contains(task.key)) {
      taken += take(std::move(task), *listed->second) ? 1U : 0U;
    }
  }
  return taken;
}

void ListedAnswers::commit() {
  if (!uncommitted_.empty()) {
    run_.ledger.flush();
    uncommitted_.clear();
  }
}

void ListedAnswers::make_room(std::size_t entries) {
  if (!run_.ledger.has_room(entries)) {
    run_.ledger.flush();
  }
}

bool ListedAnswers::take(TaskRecord&& task, ListedAnswer& listed) {
  const TaskKey key = task.key;
  const std::size_t slot = window_.hold(std::move(task));
  window_[slot].asked = true;
  constexpr int kOk = 200;
  if (!answers_.settle_listed(slot, {.http_status = kOk, .body = std::move(listed.body)})) {
    window_.release(slot);
    return false;
  }
  uncommitted_.emplace(key, answers_.records().last_ticket());
  ++run_.tally.queried;
  ++run_.tally.listed;
  return true;
}

}  // namespace core
