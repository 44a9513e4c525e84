// The ledger of a run in progress: a bounded queue, one writer thread, group commit.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/ledger/ledger.h"
#include "core/owner_thread.h"
#include "storage/answers/page_source.h"
#include "storage/answers/page_thread.h"

namespace storage {

/// core::Ledger on any back end, made on the engine's thread. A writer thread commits whatever is
/// queued in one transaction. Pages are read by a thread of their own.
class QueuedLedger : public core::Ledger {
 public:
  static constexpr std::size_t kEntriesMax = 4096;
  static constexpr std::size_t kBytesMax = std::size_t{8} * 1024 * 1024;
  /// With fewer entries than this the writer waits a moment for more: answers that share a block
  /// take a third of the room.
  static constexpr std::size_t kGather = 512;
  static constexpr std::chrono::milliseconds kGatherTime{25};

  /// Writes entries in one transaction, which is durable when it returns; what could not be
  /// recorded, through no fault of the ledger, is moved into what it returns. On the writer thread.
  using Write = std::function<std::vector<core::Unrecorded>(std::span<core::Entry>)>;

  /// `wake` is called on the writer thread after each commit and on the page thread with each page,
  /// and when the ledger breaks; it must not call back. Throws core::Error.
  QueuedLedger(std::unique_ptr<PageSource> pages, Write write, std::function<void()> wake);
  /// As `stop`.
  ~QueuedLedger() override;
  QueuedLedger(const QueuedLedger&) = delete;
  QueuedLedger& operator=(const QueuedLedger&) = delete;

  void ask_for_tasks(core::TaskKey after, std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::TaskRecord>> take_tasks() override;
  [[nodiscard]] bool expects_more_tasks() const override { return pages_->expects_more(); }
  void ask_for_videos(std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::WantedVideo>> take_videos() override;
  [[nodiscard]] bool has_room(std::size_t entries) const override;
  core::Ticket append(core::Entry entry) override;
  [[nodiscard]] core::Ticket committed() const override;
  void flush() override;
  [[nodiscard]] std::vector<core::Unrecorded> take_unrecorded() override;

  /// Writes what is queued, unless the ledger is broken, and ends both threads: from here on
  /// `wake` is not called, and nothing may be appended. For the end of a run that destroys what
  /// `wake` touches before the ledger.
  void stop();

  /// Whether any video in the ledger is recorded under this absolute path. Any thread.
  [[nodiscard]] virtual bool claimed(const std::string& path) = 0;

 protected:
  /// Breaks the ledger from outside, as a failed commit does. Any thread.
  void fail(std::exception_ptr failure);

 private:
  void write_all();
  void throw_if_broken() const;
  void rethrow_if_broken() const;  // with mutex_ held

  Write write_;
  std::function<void()> wake_;
  const core::OwnerThread owner_;      // the engine's thread
  std::unique_ptr<PageSource> pages_;  // page_thread_ alone
  PageThread page_thread_;

  mutable std::mutex mutex_;
  std::condition_variable work_;  // there is something to write, or to stop for
  std::condition_variable done_;  // something was committed, or the ledger broke
  // Under mutex_:
  std::vector<core::Entry> queue_;
  std::size_t queued_bytes_ = 0;  // in queue_ and in the batch being written
  core::Ticket appended_ = 0;
  core::Ticket committed_ = 0;
  std::vector<core::Unrecorded> unrecorded_;  // not told yet
  bool hurry_ = false;                        // somebody waits in flush()
  bool stopping_ = false;
  std::exception_ptr broken_;

  std::thread writer_;
};

}  // namespace storage
