#include "storage/answers/commit_thread.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/error.h"

namespace storage {

CommitThread::CommitThread(Write write, std::function<void()> wake)
    : write_(std::move(write)), wake_(std::move(wake)), thread_([this] { commit_all(); }) {}

CommitThread::~CommitThread() { stop(); }

void CommitThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  queue_.stop();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void CommitThread::throw_if_broken() const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
}

void CommitThread::rethrow_if_broken() const {
  if (broken_) {
    std::rethrow_exception(broken_);
  }
}

bool CommitThread::has_room(std::size_t entries) const {
  throw_if_broken();
  return queue_.has_room(entries);
}

core::Ticket CommitThread::append(core::Entry&& entry) {
  throw_if_broken();
  return queue_.append(std::move(entry));
}

core::Ticket CommitThread::committed() const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return committed_;
}

void CommitThread::flush() {
  const core::Ticket last = queue_.hurry();
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this, last] { return broken_ || committed_ == last; });
  rethrow_if_broken();
}

std::vector<core::Unrecorded> CommitThread::take_unrecorded() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unrecorded_, {});
}

void CommitThread::wake() {
  const std::lock_guard lock(mutex_);
  if (!stopping_) {
    wake_();
  }
}

void CommitThread::commit_all() {
  std::vector<core::Entry> batch;  // its room is used again
  while (queue_.take(batch) && receive_visitor() && commit(batch)) {
    batch.clear();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  done_.notify_all();
}

void CommitThread::visit(const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  rethrow_if_broken();
  visit_ = &work;
  queue_.call();
  done_.wait(lock, [this] { return visit_ == nullptr || ended_; });
  rethrow_if_broken();
  if (visit_ != nullptr) {
    throw core::Stopped("the run has ended");
  }
}

bool CommitThread::receive_visitor() {
  const std::function<void()>* work = nullptr;
  {
    const std::lock_guard lock(mutex_);
    work = visit_;
    if (broken_) {
      return false;
    }
  }
  if (work == nullptr) {
    return true;
  }
  try {
    (*work)();
  } catch (...) {
    fail(std::current_exception());
    return false;
  }
  const std::lock_guard lock(mutex_);
  visit_ = nullptr;
  tell();
  return true;
}

bool CommitThread::commit(std::vector<core::Entry>& batch) {
  if (batch.empty()) {
    return true;
  }
  {
    const std::lock_guard lock(mutex_);
    if (broken_) {
      return false;
    }
  }
  std::exception_ptr failure;
  std::vector<core::Unrecorded> unrecorded;
  try {
    unrecorded = write_(batch);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    // No sync is ever tried again: what the kernel dropped once it may not report twice.
    fail(std::move(failure));
    return false;
  }
  queue_.release();  // before the engine is woken, which may wait for room
  const std::lock_guard lock(mutex_);
  committed_ += batch.size();
  std::move(unrecorded.begin(), unrecorded.end(), std::back_inserter(unrecorded_));
  tell();
  return true;
}

void CommitThread::fail(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  broken_ = broken_ ? broken_ : std::move(failure);
  tell();
}

// Under the mutex: who sees the commit may end the run, and with it what `wake_` touches.
void CommitThread::tell() {
  if (!stopping_) {
    wake_();
  }
  done_.notify_all();
}

}  // namespace storage
