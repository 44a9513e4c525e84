#include "core/engine/task_feed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/domain/lifecycle.h"

namespace core {
namespace {

bool has_room_for_page(const TaskWindow& window) {
  return window.held() + RunPlan::kTaskPageMax <= TaskWindow::kTasksMax;
}

// Whether other runs may leave tasks to this one.
bool may_get_more(const Ledger& ledger) {
  const auto crew = ledger.crew_standing();
  return crew && crew->may_get_more_tasks;
}

// Whether no run has the rest of the tasks yet.
bool is_any_free(const Ledger& ledger) {
  const auto crew = ledger.crew_standing();
  return crew && crew->has_free_tasks;
}

}  // namespace

std::chrono::milliseconds pause_before(const RunPlan& plan, const TaskRecord& task, bool polled,
                                       UtcTime now) {
  std::chrono::milliseconds pause(0);
  const auto wait_until = [&](UtcTime moment, std::chrono::milliseconds at_most) {
    pause = std::max(pause, std::clamp(std::chrono::milliseconds(moment - now),
                                       std::chrono::milliseconds(0), at_most));
  };
  if (polled) {
    wait_until(*task.last_query + plan.poll_interval, plan.poll_interval);
  }
  if (plan.wait && task.settles_at) {
    wait_until(*task.settles_at, kSettlingTime);
  }
  if (task.live_fetch && task.last_query) {
    wait_until(*task.last_query + TaskWindow::kLiveFetchPause, TaskWindow::kLiveFetchPause);
  }
  return pause;
}

TaskFeed::TaskFeed(const RunContext& run, const QueryNotices& notices, TaskWindow& window)
    : run_(run), notices_(notices), window_(window), import_(run.ledger.import_standing()) {
  if (import_) {
    sweep_.cursor = import_->new_above;
    sweep_.known_follow = true;
  }
}

// A page contains every task that the ledger does not know to be settled: before one is read again,
// this run's own answers must be committed.
bool TaskFeed::is_all_committed() const { return run_.ledger.committed() >= last_settled_; }

bool TaskFeed::is_drained() const {
  return sweep_.at_end && !sweep_.evicted && !may_get_more(run_.ledger);
}

SteadyTime TaskFeed::next_sweep() const {
  if (!sweep_.at_end || !has_room_for_page(window_) || !is_all_committed()) {
    return SteadyTime::max();  // a commit or an answer wakes the loop
  }
  if (sweep_.evicted) {
    return SteadyTime::min();
  }
  const auto pages = static_cast<int>(1 + window_.held() / run_.plan.task_page);
  return may_get_more(run_.ledger) ? sweep_.began + kCrewSweep * pages : SteadyTime::max();
}

void TaskFeed::admit(Ticket last_answer) {
  last_settled_ = std::max(last_settled_, last_answer);
  while (take_page() || ask_for_page()) {
  }
}

// False if the page has not arrived yet, or none was requested.
bool TaskFeed::take_page() {
  if (!page_asked_) {
    return false;
  }
  auto page = run_.ledger.take_tasks();
  if (!page) {
    return false;
  }
  page_asked_ = false;
  const bool is_full = page->size() == run_.plan.task_page;
  sweep_.last_page = page->size();
  sweep_.at_end = !is_full && (page->empty() || !is_any_free(run_.ledger));
  // The page may be older than answers received meanwhile for tasks in the window.
  const std::vector<TaskKey> held = sweep_.is_first ? std::vector<TaskKey>() : window_.keys();
  const auto is_held = [&](TaskKey key) {
    return std::binary_search(held.begin(), held.end(), key) ||
           std::binary_search(held_when_asked_.begin(), held_when_asked_.end(), key);
  };
  for (TaskRecord& task : *page) {
    if (task.key > sweep_.last) {
      sweep_.at_end = true;
      break;
    }
    sweep_.cursor = task.key;
    if (!is_held(task.key)) {
      admit(std::move(task));
    }
  }
  if (sweep_.known_follow && sweep_.at_end) {
    follow_import();
  }
  return true;
}

// The page that was taken had all that its import had added when it was requested.
void TaskFeed::follow_import() {
  is_ahead_ = !import_->has_ended;
  sweep_.at_end = false;
  sweep_.last_page = RunPlan::kTaskPageMax;
  if (import_->has_ended) {
    sweep_.known_follow = false;
    sweep_.cursor = 0;
    sweep_.last = import_->new_above;
  }
}

// Whether the next page would have no more tasks than the last one.
bool TaskFeed::awaits_import() {
  if (is_ahead_) {
    const ImportStanding now = run_.ledger.import_standing().value();
    is_ahead_ = now.batches == import_->batches && !now.has_ended;
  }
  return is_ahead_;
}

// False if there are no more tasks, or no room for them.
bool TaskFeed::ask_for_page() {
  if (next_sweep() <= run_.clock.steady()) {
    sweep_ = {.is_first = false, .for_evicted = sweep_.evicted, .began = run_.clock.steady()};
  }
  const std::size_t page = run_.plan.task_page;
  const std::size_t enough = (std::min(page, sweep_.last_page) + 1) / 2;
  if (sweep_.at_end || page_asked_ || !has_room_for_page(window_) || window_.ready() >= enough ||
      !run_.ledger.has_room(page) || !(sweep_.is_first || is_all_committed()) || awaits_import()) {
    return false;
  }
  held_when_asked_ = sweep_.is_first ? std::vector<TaskKey>() : window_.keys();
  ask_for_tasks();
  page_asked_ = true;
  return true;
}

void TaskFeed::ask_for_tasks() {
  import_ = run_.ledger.import_standing();
  run_.ledger.ask_for_tasks(sweep_.cursor, run_.plan.task_page);
}

void TaskFeed::admit(TaskRecord&& task) {
  const auto evicted = unanswered_.find(task.key);
  const bool unanswered = evicted != unanswered_.end();
  const bool polled = !unanswered && sweep_.for_evicted && task.last_query.has_value();
  if (!polled && !unanswered && leave_to_next_run(task)) {
    return;
  }
  const SteadyTime now = run_.clock.steady();
  SteadyTime when = now + pause_before(run_.plan, task, polled, run_.clock.utc());
  const std::size_t slot = window_.hold(std::move(task));
  HeldTask& held = window_[slot];
  held.asked = polled || unanswered;
  held.waiting = polled;
  if (polled) {
    held.counted = held.task->state;
  }
  if (unanswered) {
    held.failure = "no answer to its last query";
    when = std::max(when, evicted->second);
    unanswered_.erase(evicted);
  }
  window_.queue(slot, when, now);
}

// A run without --wait does not wait until a task may be queried.
bool TaskFeed::leave_to_next_run(const TaskRecord& task) {
  if (run_.plan.wait || !task.live_fetch ||
      pause_before(run_.plan, task, false, run_.clock.utc()).count() == 0) {
    return false;
  }
  last_settled_ = run_.ledger.append(SettleEntry{task.key});
  notices_.left_to_next_run(task);
  return true;
}

bool TaskFeed::wants_room() const { return !has_room_for_page(window_) && !is_drained(); }

bool TaskFeed::has_room_for_unanswered() const {
  return !wants_room() || unanswered_.size() < kUnansweredMax;
}

void TaskFeed::evict(std::size_t slot) {
  sweep_.evicted = true;
  sweep_.for_evicted = sweep_.for_evicted || !sweep_.is_first;
  window_.release(slot);
}

void TaskFeed::evict_unanswered(std::size_t slot, SteadyTime due) {
  unanswered_[window_[slot].task->key] = due;
  evict(slot);
}

std::uint64_t TaskFeed::count_never_asked() {
  std::uint64_t count = 0;
  // What no run of a crew has claimed is not this run's to count.
  const bool is_alone = !run_.ledger.crew_standing();
  bool more = page_asked_ || (is_alone && !sweep_.at_end);
  while (more) {
    if (!std::exchange(page_asked_, false)) {
      ask_for_tasks();
    }
    run_.ledger.flush();
    const std::vector<TaskRecord> page = run_.ledger.take_tasks().value();
    sweep_.at_end = page.size() < run_.plan.task_page || page.back().key > sweep_.last;
    for (const TaskRecord& task : page) {
      if (task.key <= sweep_.last) {
        sweep_.cursor = task.key;
        const bool was_asked =
            (sweep_.for_evicted && task.last_query) || unanswered_.contains(task.key);
        count += was_asked ? 0U : 1U;
      }
    }
    if (sweep_.known_follow && sweep_.at_end) {
      follow_import();
    }
    more = is_alone && !sweep_.at_end;
  }
  return count;
}

}  // namespace core
