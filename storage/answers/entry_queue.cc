#include "storage/answers/entry_queue.h"

#include <cassert>
#include <utility>
#include <variant>

namespace storage {
namespace {

// Of the entry and of what is large in it.
std::size_t bytes_of(const core::Entry& entry) {
  std::size_t bytes = sizeof entry;
  if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
    bytes += answer->body.size() + answer->answer.usage.size() * sizeof(core::UsageMetric);
    for (const core::VideoLink& link : answer->answer.links) {
      bytes += sizeof link + link.url.size();
    }
  }
  return bytes;
}

}  // namespace

bool EntryQueue::has_room(std::size_t entries) const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + taken_ + entries <= kEntriesMax && bytes_ + taken_bytes_ < kBytesMax;
}

core::Ticket EntryQueue::append(core::Entry&& entry) {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  assert(!stopping_);
  bytes_ += bytes_of(entry);
  queue_.push_back(std::move(entry));
  // `take` looks by itself when its moment of gathering is over.
  if (queue_.size() == 1 || queue_.size() == kGather) {
    work_.notify_one();
  }
  return ++appended_;
}

core::Ticket EntryQueue::hurry() {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  hurry_ = !queue_.empty();
  work_.notify_one();
  return appended_;
}

void EntryQueue::call() {
  const std::lock_guard lock(mutex_);
  called_ = true;
  work_.notify_one();
}

void EntryQueue::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  work_.notify_one();
}

bool EntryQueue::take(std::vector<core::Entry>& batch) {
  assert(batch.empty());
  std::unique_lock lock(mutex_);
  assert(taken_ == 0 && taken_bytes_ == 0);
  work_.wait(lock, [this] { return stopping_ || called_ || !queue_.empty(); });
  if (queue_.empty()) {
    return std::exchange(called_, false);
  }
  const auto is_gathered = [this] { return stopping_ || hurry_ || queue_.size() >= kGather; };
  if (!gather_until_) {
    gather_until_ = std::chrono::steady_clock::now() + kGatherTime;
  }
  work_.wait_until(lock, *gather_until_, [&] { return called_ || is_gathered(); });
  if (std::exchange(called_, false) && !is_gathered() &&
      std::chrono::steady_clock::now() < *gather_until_) {
    return true;
  }
  gather_until_.reset();
  batch.swap(queue_);
  taken_ = batch.size();
  taken_bytes_ = std::exchange(bytes_, 0);
  hurry_ = false;
  return true;
}

void EntryQueue::release() {
  const std::lock_guard lock(mutex_);
  taken_ = 0;
  taken_bytes_ = 0;
}

}  // namespace storage
