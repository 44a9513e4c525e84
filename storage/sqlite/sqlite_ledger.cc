#include "storage/sqlite/sqlite_ledger.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>
#include <variant>

#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"

namespace storage {
namespace {

std::size_t bytes_of(const core::Entry& entry) {
  const auto* answer = std::get_if<core::AnswerEntry>(&entry);
  return answer == nullptr ? 0 : answer->body.size();
}

}  // namespace

struct SqliteLedger::Claims {
  explicit Claims(const std::string& path) : database(open_for_reading(path)) {}
  std::unique_ptr<SQLite::Database> database;
  Statement find{*database, "SELECT 1 FROM video WHERE path = ? LIMIT 1"};
};

void SqliteLedger::ask_for_tasks(core::TaskKey after, std::size_t limit) {
  throw_if_broken();
  page_thread_.ask_for_tasks(after, limit);
}

std::optional<std::vector<core::TaskRecord>> SqliteLedger::take_tasks() {
  throw_if_broken();
  return page_thread_.take_tasks();
}

void SqliteLedger::ask_for_videos(std::size_t limit) {
  throw_if_broken();
  page_thread_.ask_for_videos(limit);
}

std::optional<std::vector<core::WantedVideo>> SqliteLedger::take_videos() {
  throw_if_broken();
  return page_thread_.take_videos();
}

bool SqliteLedger::claimed(const std::string& path) {
  const std::lock_guard lock(claims_mutex_);
  return with_ledger_errors(store_.path(), "read", [&] {
    // Otherwise another ledger would answer, or none could.
    static_cast<void>(store_.place().log_bytes());
    if (claims_ == nullptr) {
      claims_ = std::make_unique<Claims>(store_.path());
    }
    claims_->find.bind(1, path);
    const bool found = claims_->find.step();
    claims_->find.reset();
    return found;
  });
}

SqliteLedger::SqliteLedger(TaskStore& store, std::function<void()> wake)
    : store_(store),
      wake_(std::move(wake)),
      pages_({store.path(), store.run(), store.account_rows()}, store.recent_links()),
      page_thread_(pages_, wake_),
      writer_([this] { write_all(); }) {}

SqliteLedger::~SqliteLedger() { stop(); }

void SqliteLedger::stop() {
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

// For methods of the engine's thread.
void SqliteLedger::throw_if_broken() const {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
}

void SqliteLedger::rethrow_if_broken() const {
  if (broken_) {
    std::rethrow_exception(broken_);
  }
}

bool SqliteLedger::has_room(std::size_t entries) const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return appended_ - committed_ + entries <= kEntriesMax && queued_bytes_ < kBytesMax;
}

core::Ticket SqliteLedger::append(core::Entry entry) {
  assert(owner_.is_here());
  const std::lock_guard lock(mutex_);
  assert(!stopping_);
  rethrow_if_broken();
  queued_bytes_ += bytes_of(entry);
  queue_.push_back(std::move(entry));
  ++appended_;
  // In between, the writer wakes by itself after its time of gathering.
  if (queue_.size() == 1 || queue_.size() == kGather) {
    work_.notify_one();
  }
  return appended_;
}

core::Ticket SqliteLedger::committed() const {
  const std::lock_guard lock(mutex_);
  rethrow_if_broken();
  return committed_;
}

void SqliteLedger::flush() {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  work_.notify_one();
  done_.wait(lock, [this] { return broken_ || committed_ == appended_; });
  hurry_ = false;
  rethrow_if_broken();
  lock.unlock();
  page_thread_.wait();
}

std::vector<core::Unrecorded> SqliteLedger::take_unrecorded() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unrecorded_, {});
}

void SqliteLedger::write_all() {
  std::vector<core::Entry> batch;  // reused
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) {
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
      unrecorded = store_.write(batch);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::size_t entries = batch.size();
    batch.clear();
    lock.lock();
    if (failure) {
      // A failed sync is never repeated: the kernel may not report lost data a second time.
      broken_ = failure;
    } else {
      committed_ += entries;
      queued_bytes_ -= bytes;
      std::move(unrecorded.begin(), unrecorded.end(), std::back_inserter(unrecorded_));
    }
    // Under the mutex: a thread that sees the commit may end the run, and destroy what `wake_`
    // uses.
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
