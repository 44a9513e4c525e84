#include "storage/sqlite/billing/line_thread.h"

#include <cassert>
#include <utility>

namespace storage {
namespace {

// Member by member, so that the texts of an earlier line lend their memory.
void copy_line(const core::ReportLine& line, core::OwnedLine& copy) {
  copy.task = line.task;
  copy.charge = line.charge;
  copy.adjusts = line.adjusts;
  copy.reversal = line.reversal;
  copy.incurred_in = line.incurred_in;
}

}  // namespace

LineThread::LineThread(SQLite::Database& database, std::int64_t period)
    : period_(period), insert_(database), thread_([this] { serve(); }) {}

LineThread::~LineThread() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void LineThread::add(const core::ReportLine& line) {
  assert(owner_.is_here());
  copy_line(line, filling_.lines[filling_.count]);
  if (++filling_.count == kLines) {
    hand_over();
  }
}

void LineThread::flush() {
  assert(owner_.is_here());
  hand_over();
  std::unique_lock lock(mutex_);
  wait_until_written(lock);
}

void LineThread::hand_over() {
  std::unique_lock lock(mutex_);
  wait_until_written(lock);
  std::swap(filling_, written_);
  filling_.count = 0;
  is_full_ = true;
  changed_.notify_all();
}

void LineThread::wait_until_written(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return !is_full_ || failure_; });
  if (failure_) {
    std::rethrow_exception(failure_);
  }
}

void LineThread::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_full_ || stopped_; });
    if (stopped_) {
      return;
    }
    lock.unlock();
    std::exception_ptr failure;
    try {
      write(written_);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    is_full_ = false;
    failure_ = failure;
    changed_.notify_all();
    if (failure_) {
      return;
    }
  }
}

void LineThread::write(const Batch& batch) {
  for (std::size_t i = 0; i < batch.count; ++i) {
    insert_.add(period_, batch.lines[i].view());
  }
  insert_.flush();
}

}  // namespace storage
