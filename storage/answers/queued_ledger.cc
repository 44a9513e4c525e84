#include "storage/answers/queued_ledger.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>
#include <variant>

namespace storage {
namespace {

std::size_t bytes_of(const core::Entry& entry) {
  const auto* answer = std::get_if<core::AnswerEntry>(&entry);
  return answer == nullptr ? 0 : answer->body.size();
}

}  // namespace

void QueuedLedger::ask_for_tasks(core::TaskKey after, std::size_t limit) {
  throw_if_broken();
  page_thread_.ask_for_tasks(after, limit);
}

std::optional<std::vector<core::TaskRecord>> QueuedLedger::take_tasks() {
  throw_if_broken();
  return page_thread_.take_tasks();
}

void QueuedLedger::ask_for_videos(std::size_t limit) {
  throw_if_broken();
  page_thread_.ask_for_videos(limit);
}

std::optional<std::vector<core::WantedVideo>> QueuedLedger::take_videos() {
  throw_if_broken();
  return page_thread_.take_videos();
}

QueuedLedger::QueuedLedger(std::unique_ptr<PageSource> pages, Write write,
                           std::function<void()> wake)
    : write_(std::move(write)),
      wake_(std::move(wake)),
      pages_(std::move(pages)),
      page_thread_(*pages_, wake_),
      writer_([this] { write_all(); }) {}

QueuedLedger::~QueuedLedger() { stop(); }

void QueuedLedger::stop() {
  pages_->hurry(true);
  page_thread_.stop();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  if (writer_.joinable()) {
    writer_.join();
  }
}

// For the methods that belong to the engine's thread.
void QueuedLedger::throw_if_broken() const {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
}

void QueuedLedger::rethrow_if_broken() const {
  if (broken_) {
    std::rethrow_exception(broken_);
  }
}

bool QueuedLedger::has_room(std::size_t entries) const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return appended_ - committed_ + entries <= kEntriesMax && queued_bytes_ < kBytesMax;
}

core::Ticket QueuedLedger::append(core::Entry entry) {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  assert(!stopping_);
  rethrow_if_broken();
  queued_bytes_ += bytes_of(entry);
  queue_.push_back(std::move(entry));
  ++appended_;
  // The writer looks by itself when its moment of gathering is over.
  if (queue_.size() == 1 || queue_.size() == kGather) {
    work_.notify_one();
  }
  return appended_;
}

core::Ticket QueuedLedger::committed() const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return committed_;
}

void QueuedLedger::flush() {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  work_.notify_one();
  done_.wait(lock, [this] { return broken_ || committed_ == appended_; });
  hurry_ = false;
  rethrow_if_broken();
  lock.unlock();
  pages_->hurry(true);
  page_thread_.wait();
  pages_->hurry(false);
}

std::vector<core::Unrecorded> QueuedLedger::take_unrecorded() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unrecorded_, {});
}

void QueuedLedger::fail(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  broken_ = broken_ ? broken_ : std::move(failure);
  if (!stopping_) {
    wake_();
  }
  done_.notify_all();
}

void QueuedLedger::write_all() {
  std::vector<core::Entry> batch;  // its room is used again
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty() || broken_) {
      return;
    }
    work_.wait_for(lock, kGatherTime,
                   [this] { return stopping_ || hurry_ || queue_.size() >= kGather; });
    batch.swap(queue_);
    const std::size_t bytes = queued_bytes_;
    lock.unlock();
    std::exception_ptr failure;
    std::vector<core::Unrecorded> unrecorded;
    try {
      unrecorded = write_(batch);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::size_t entries = batch.size();
    batch.clear();
    lock.lock();
    if (failure && !broken_) {
      // No sync is ever tried again: what the kernel dropped once it may not report twice.
      broken_ = failure;
    } else if (!failure) {
      committed_ += entries;
      queued_bytes_ -= bytes;
      std::move(unrecorded.begin(), unrecorded.end(), std::back_inserter(unrecorded_));
    }
    // Under the mutex: who sees the commit may end the run, and with it what `wake_` touches.
    if (!stopping_) {
      wake_();
    }
    done_.notify_all();
    if (broken_) {
      return;
    }
  }
}

}  // namespace storage
