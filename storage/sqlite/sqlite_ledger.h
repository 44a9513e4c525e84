// The ledger of a run in progress: a bounded queue, one writer thread, group commit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/ledger/ledger.h"
#include "core/owner_thread.h"
#include "storage/sqlite/page_thread.h"
#include "storage/sqlite/task_store.h"
#include "storage/sqlite/work_pages.h"

namespace storage {

/// core::Ledger on SQLite, created on the engine's thread. While it exists, the store belongs to
/// its writer thread, which commits everything queued in one transaction. Another thread reads
/// pages.
class SqliteLedger final : public core::Ledger {
 public:
  static constexpr std::size_t kEntriesMax = 4096;
  static constexpr std::size_t kBytesMax = std::size_t{8} * 1024 * 1024;
  /// With fewer entries than this, the writer waits a moment for more: answers in one block take a
  /// third of the space.
  static constexpr std::size_t kGather = 512;
  static constexpr std::chrono::milliseconds kGatherTime{25};

  /// `wake` is called on the writer thread after each commit, on the page thread with each page,
  /// and when the ledger fails; it must not call back. `store` must outlive this object. Throws
  /// core::Error.
  SqliteLedger(TaskStore& store, std::function<void()> wake);
  /// See `stop`.
  ~SqliteLedger() override;
  SqliteLedger(const SqliteLedger&) = delete;
  SqliteLedger& operator=(const SqliteLedger&) = delete;

  void ask_for_tasks(core::TaskKey after, std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::TaskRecord>> take_tasks() override;
  void ask_for_videos(std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::WantedVideo>> take_videos() override;
  [[nodiscard]] bool has_room(std::size_t entries) const override;
  core::Ticket append(core::Entry entry) override;
  [[nodiscard]] core::Ticket committed() const override;
  void flush() override;
  [[nodiscard]] std::vector<core::Unrecorded> take_unrecorded() override;

  /// Writes what is queued, unless the ledger has failed, and ends both threads: from then on
  /// `wake` is not called, and nothing may be appended. For the end of a run that destroys what
  /// `wake` uses before the ledger.
  void stop();

  /// Whether any video in the ledger has this absolute path. Any thread.
  [[nodiscard]] bool claimed(const std::string& path);

 private:
  struct Claims;

  void write_all();
  void throw_if_broken() const;
  void rethrow_if_broken() const;  // with mutex_ held

  TaskStore& store_;
  std::function<void()> wake_;
  const core::OwnerThread owner_;  // the engine's thread
  std::mutex claims_mutex_;
  std::unique_ptr<Claims> claims_;  // under claims_mutex_
  WorkPages pages_;                 // only page_thread_ uses it
  PageThread page_thread_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // there is something to write, or a stop
  std::condition_variable done_;  // something was committed, or the ledger failed
  // Guarded by mutex_:
  std::vector<core::Entry> queue_;
  std::size_t queued_bytes_ = 0;  // in queue_ and in the batch being written
  core::Ticket appended_ = 0;
  core::Ticket committed_ = 0;
  std::vector<core::Unrecorded> unrecorded_;  // not returned yet
  bool hurry_ = false;                        // a thread waits in flush()
  bool stopping_ = false;
  std::exception_ptr broken_;

  std::thread writer_;
};

}  // namespace storage
