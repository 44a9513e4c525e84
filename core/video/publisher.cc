#include "core/video/publisher.h"

#include <cassert>
#include <utility>

namespace core {

Publisher::Publisher(int threads, std::function<void()> wake) : wake_(std::move(wake)) {
  try {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { work(); });
    }
  } catch (...) {  // no memory for another thread: the running ones must be joined
    join();
    throw;
  }
}

Publisher::~Publisher() { join(); }

void Publisher::join() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void Publisher::submit(Job job) {
  assert(owner_.is_here());
  assert(!threads_.empty());
  assert(job.sink != nullptr);
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_one();
}

std::vector<Publisher::Result> Publisher::take() {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  return std::exchange(results_, {});
}

void Publisher::clear() {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  jobs_.clear();
  results_.clear();
  ++generation_;
}

void Publisher::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) {
      return;
    }
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    const std::uint64_t generation = generation_;
    lock.unlock();
    Result result;
    result.token = job.token;
    std::exception_ptr failure;
    try {
      result.outcome = job.sink->publish(job.promised);
      job.sink.reset();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure) {
      failure_ = failure;
    } else if (generation == generation_) {
      results_.push_back(std::move(result));
    }
    lock.unlock();
    wake_();
    lock.lock();
  }
}

}  // namespace core
