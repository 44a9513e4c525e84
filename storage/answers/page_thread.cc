#include "storage/answers/page_thread.h"

#include <cassert>
#include <utility>

namespace storage {

PageThread::PageThread(PageSource& pages, std::function<void()> wake)
    : pages_(pages), wake_(std::move(wake)), thread_([this] { serve(); }) {}

PageThread::~PageThread() { stop(); }

void PageThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    asked_.notify_one();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void PageThread::rethrow_if_broken() const {
  if (broken_) {
    std::rethrow_exception(broken_);
  }
}

void PageThread::ask(WantedTasks&& tasks) {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  assert(!tasks_asked_ && !tasks_ && !stopping_);
  tasks_asked_ = std::move(tasks);
  asked_.notify_one();
}

void PageThread::ask_for_tasks(core::TaskKey after, std::size_t limit) {
  ask(TaskRange{after, limit});
}

void PageThread::ask_for_named_tasks(int account, std::vector<core::TaskId> ids) {
  ask(TaskNames{account, std::move(ids)});
}

std::optional<std::vector<core::TaskRecord>> PageThread::take_tasks() {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return std::exchange(tasks_, std::nullopt);
}

void PageThread::ask_for_videos(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  assert(!videos_asked_ && !videos_ && !stopping_);
  videos_asked_ = limit;
  asked_.notify_one();
}

std::optional<std::vector<core::WantedVideo>> PageThread::take_videos() {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return std::exchange(videos_, std::nullopt);
}

void PageThread::wait() {
  std::unique_lock lock(mutex_);
  came_.wait(lock, [this] { return broken_ || stopping_ || !is_asked(); });
  rethrow_if_broken();
}

void PageThread::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return stopping_ || is_asked(); });
    if (stopping_) {
      return;
    }
    try {
      read_page(lock);
    } catch (...) {
      lock.lock();
      broken_ = std::current_exception();
    }
    // Under the mutex: a thread that sees the page may end the run, and destroy what `wake_` uses.
    if (!stopping_) {
      wake_();
    }
    came_.notify_all();
    if (broken_) {
      return;
    }
  }
}

std::vector<core::TaskRecord> PageThread::read(const WantedTasks& tasks) {
  if (const auto* names = std::get_if<TaskNames>(&tasks)) {
    return pages_.named_tasks(names->account, names->ids);
  }
  const auto& range = std::get<TaskRange>(tasks);
  return pages_.tasks(range.after, range.limit);
}

// If it throws, the mutex is unlocked.
void PageThread::read_page(std::unique_lock<std::mutex>& lock) {
  if (tasks_asked_) {
    const WantedTasks wanted = std::move(*tasks_asked_);
    lock.unlock();
    auto page = read(wanted);
    lock.lock();
    tasks_ = std::move(page);
    tasks_asked_.reset();
  } else {
    const std::size_t limit = *videos_asked_;
    lock.unlock();
    auto page = pages_.videos(limit);
    lock.lock();
    videos_ = std::move(page);
    videos_asked_.reset();
  }
}

}  // namespace storage
