// The thread that reads pages of work, so that the engine's loop never waits for the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/answers/page_source.h"

namespace storage {

/// Any thread may request pages, one page of each kind at a time. Every method rethrows the
/// exception of a read.
class PageThread {
 public:
  /// `wake` is called on this thread when a page has come, or could not be read; it must not call
  /// back. `pages` is used by this thread alone.
  PageThread(PageSource& pages, std::function<void()> wake);
  /// As `stop`.
  ~PageThread();
  PageThread(const PageThread&) = delete;
  PageThread& operator=(const PageThread&) = delete;

  void ask_for_tasks(core::TaskKey after, std::size_t limit);
  void ask_for_named_tasks(int account, std::vector<core::TaskId> ids);
  [[nodiscard]] std::optional<std::vector<core::TaskRecord>> take_tasks();
  void ask_for_videos(std::size_t limit);
  [[nodiscard]] std::optional<std::vector<core::WantedVideo>> take_videos();

  /// Returns when every requested page has arrived.
  void wait();
  /// Ends the thread after the page that it is reading; from then on `wake` is not called.
  void stop();

 private:
  struct TaskRange {
    core::TaskKey after = 0;
    std::size_t limit = 0;
  };
  struct TaskNames {
    int account = 0;
    std::vector<core::TaskId> ids;
  };
  using WantedTasks = std::variant<TaskRange, TaskNames>;

  void ask(WantedTasks&& tasks);
  [[nodiscard]] std::vector<core::TaskRecord> read(const WantedTasks& tasks);
  void serve();
  void read_page(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool is_asked() const { return tasks_asked_ || videos_asked_; }  // with mutex_ held
  void rethrow_if_broken() const;                                                // with mutex_ held

  PageSource& pages_;
  std::function<void()> wake_;

  std::mutex mutex_;
  std::condition_variable asked_;  // there is a page to read, or a stop
  std::condition_variable came_;   // a page was read, or could not be read
  // Guarded by mutex_:
  std::optional<WantedTasks> tasks_asked_;   // until the page has arrived
  std::optional<std::size_t> videos_asked_;  // its limit, until the page has arrived
  std::optional<std::vector<core::TaskRecord>> tasks_;
  std::optional<std::vector<core::WantedVideo>> videos_;
  bool stopping_ = false;
  std::exception_ptr broken_;

  std::thread thread_;
};

}  // namespace storage
