// The thread that commits the entries of a run, so that the engine's loop never waits for the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/ledger/ledger.h"
#include "storage/answers/entry_queue.h"

namespace storage {

/// Group commit: everything queued goes into one transaction. Made on the engine's thread, which
/// calls all but `fail` and `visit`; the methods named as in core::Ledger keep its contract. After
/// a failure nothing more is written, and every method but `take_unrecorded` and `stop` throws it.
class CommitThread {
 public:
  /// Writes entries in one transaction, which is durable when it returns; what could not be
  /// recorded, through no fault of the ledger, is moved into what it returns. On this thread.
  using Write = std::function<std::vector<core::Unrecorded>(std::span<core::Entry> entries)>;

  /// `wake` is called after each commit on this thread, and after a failure on the thread where it
  /// happened; it must not call back.
  CommitThread(Write write, std::function<void()> wake);
  /// As `stop`.
  ~CommitThread();
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  [[nodiscard]] bool has_room(std::size_t entries) const;
  core::Ticket append(core::Entry&& entry);
  [[nodiscard]] core::Ticket committed() const;
  /// Returns when everything appended is durable.
  void flush();
  [[nodiscard]] std::vector<core::Unrecorded> take_unrecorded();
  void throw_if_broken() const;

  /// Runs `work` on this thread between two commits, and returns when it is done, after a `wake`.
  /// If it throws, the ledger is broken. Throws what broke the ledger, or core::Stopped after
  /// `stop`. One other thread at a time.
  void visit(const std::function<void()>& work);

  /// Breaks the ledger from outside, as a failed commit does. The first failure counts. Any thread.
  void fail(std::exception_ptr failure);
  /// Calls `wake` unless this was stopped. Any thread.
  void wake();
  /// Writes what is queued, unless the ledger is broken, and ends the thread: from here on `wake`
  /// is not called, and nothing may be appended.
  void stop();

 private:
  void commit_all();
  // Both return false if the ledger is broken.
  [[nodiscard]] bool receive_visitor();
  [[nodiscard]] bool commit(std::vector<core::Entry>& batch);
  void tell();                     // with mutex_ held
  void rethrow_if_broken() const;  // with mutex_ held

  Write write_;
  std::function<void()> wake_;
  EntryQueue queue_;

  mutable std::mutex mutex_;
  std::condition_variable done_;  // something was committed, a visit ended, or the ledger broke
  // Under mutex_:
  core::Ticket committed_ = 0;
  std::vector<core::Unrecorded> unrecorded_;      // not told yet
  const std::function<void()>* visit_ = nullptr;  // until it is done
  bool stopping_ = false;
  bool ended_ = false;  // the thread
  std::exception_ptr broken_;

  std::thread thread_;
};

}  // namespace storage
