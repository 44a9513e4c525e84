#include "storage/answers/queued_ledger.h"

#include <cassert>

namespace storage {

QueuedLedger::QueuedLedger(std::unique_ptr<PageSource> pages, CommitThread::Write write,
                           std::function<void()> wake, std::optional<core::TaskKey> new_above)
    : pages_(std::move(pages)),
      import_(new_above),
      page_thread_(*pages_, wake),
      commits_(std::move(write), std::move(wake)) {}

QueuedLedger::~QueuedLedger() { stop(); }

void QueuedLedger::stop() {
  page_thread_.stop();
  commits_.stop();
}

// For the methods about pages: they throw too after a failed commit.
void QueuedLedger::require_working() const {
  assert(owner_.is_here());
  commits_.throw_if_broken();
}

void QueuedLedger::ask_for_tasks(core::TaskKey after, std::size_t limit) {
  require_working();
  page_thread_.ask_for_tasks(after, limit);
}

std::optional<std::vector<core::TaskRecord>> QueuedLedger::take_tasks() {
  require_working();
  return page_thread_.take_tasks();
}

std::vector<core::TaskRecord> QueuedLedger::named_tasks(int account,
                                                        std::vector<core::TaskId> ids) {
  require_working();
  page_thread_.ask_for_named_tasks(account, std::move(ids));
  page_thread_.wait();
  return page_thread_.take_tasks().value();
}

void QueuedLedger::ask_for_videos(std::size_t limit) {
  require_working();
  page_thread_.ask_for_videos(limit);
}

std::optional<std::vector<core::WantedVideo>> QueuedLedger::take_videos() {
  require_working();
  return page_thread_.take_videos();
}

void QueuedLedger::import(const std::function<void()>& batch) {
  commits_.visit([&] {
    batch();
    import_.add_batch();
  });
}

void QueuedLedger::end_import() {
  import_.end();
  commits_.wake();
}

void QueuedLedger::flush() {
  commits_.flush();
  page_thread_.wait();
}

}  // namespace storage
