#include "core/engine/task_window.h"

#include <algorithm>
#include <utility>

namespace core {

std::size_t TaskWindow::hold(TaskRecord task) {
  assert(owner_.is_here());
  if (free_slots_.empty()) {
    free_slots_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const std::size_t slot = free_slots_.back();
  free_slots_.pop_back();
  const bool live_fetch = task.live_fetch;
  slots_[slot] = HeldTask{.task = std::move(task)};
  slots_[slot].live_fetch = live_fetch;
  ++held_;
  return slot;
}

void TaskWindow::release(std::size_t slot) {
  assert(is_held(slot));
  slots_[slot].task.reset();
  free_slots_.push_back(slot);
  --held_;
}

std::optional<std::size_t> TaskWindow::find(TaskKey task) const {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [task](const HeldTask& held) {
    return held.task && held.task->key == task && held.recheck_for == 0;
  });
  return found == slots_.end() ? std::nullopt
                               : std::optional(static_cast<std::size_t>(found - slots_.begin()));
}

std::vector<TaskKey> TaskWindow::keys() const {
  std::vector<TaskKey> keys;
  for (const HeldTask& held : slots_) {
    if (held.task) {
      keys.push_back(held.task->key);
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

void TaskWindow::note_live_fetch(std::size_t slot, SteadyTime now) {
  if (live_fetches_.size() >= kTasksMax) {
    const SteadyTime past = now - kLiveFetchPause;
    std::erase_if(live_fetches_, [past](const auto& one) { return one.second < past; });
  }
  const HeldTask& held = slots_[slot];
  live_fetches_[held.task->key] = held.started;
}

std::optional<SteadyTime> TaskWindow::last_live_fetch(TaskKey task) const {
  const auto found = live_fetches_.find(task);
  return found == live_fetches_.end() ? std::nullopt : std::optional(found->second);
}

void TaskWindow::queue(std::size_t slot, SteadyTime when, SteadyTime now) {
  assert(is_held(slot));
  if (slots_[slot].live_fetch) {
    when = std::max(when, slots_[slot].started + kLiveFetchPause);
  }
  if (when <= now) {
    ready_.push_back(slot);
  } else {
    later_.push({when, ++order_, slot});
  }
}

void TaskWindow::advance(SteadyTime now) {
  while (!later_.empty() && later_.top().when <= now) {
    ready_.push_back(later_.top().slot);
    later_.pop();
  }
}

std::size_t TaskWindow::take_ready() {
  assert(!ready_.empty());
  const std::size_t slot = ready_.front();
  ready_.pop_front();
  return slot;
}

std::optional<SteadyTime> TaskWindow::next_due() const {
  return later_.empty() ? std::nullopt : std::optional(later_.top().when);
}

}  // namespace core
