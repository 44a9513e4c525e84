// The ledger of a run in progress, without what a back end adds.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger/ledger.h"
#include "core/owner_thread.h"
#include "storage/answers/commit_thread.h"
#include "storage/answers/import_gate.h"
#include "storage/answers/page_source.h"
#include "storage/answers/page_thread.h"

namespace storage {

/// core::Ledger on any back end, made on the engine's thread: one thread commits what is appended,
/// another reads pages.
class QueuedLedger : public core::Ledger {
 public:
  /// `wake` is called on the writer thread after each commit and on the page thread with each page,
  /// by an import, and when the ledger breaks; it must not call back. `new_above`: as
  /// core::ImportStanding has it, for an import that follows; none: there is none. Throws
  /// core::Error.
  QueuedLedger(std::unique_ptr<PageSource> pages, CommitThread::Write write,
               std::function<void()> wake, std::optional<core::TaskKey> new_above = std::nullopt);
  /// As `stop`.
  ~QueuedLedger() override;
  QueuedLedger(const QueuedLedger&) = delete;
  QueuedLedger& operator=(const QueuedLedger&) = delete;

  void ask_for_tasks(core::TaskKey after, std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::TaskRecord>> take_tasks() override;
  [[nodiscard]] std::vector<core::TaskRecord> named_tasks(int account,
                                                          std::vector<core::TaskId> ids) override;
  void ask_for_videos(std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::WantedVideo>> take_videos() override;
  [[nodiscard]] bool has_room(std::size_t entries) const override {
    return commits_.has_room(entries);
  }
  core::Ticket append(core::Entry&& entry) override { return commits_.append(std::move(entry)); }
  [[nodiscard]] core::Ticket committed() const override { return commits_.committed(); }
  void flush() override;
  [[nodiscard]] std::vector<core::Unrecorded> take_unrecorded() override {
    return commits_.take_unrecorded();
  }
  [[nodiscard]] std::optional<core::CrewStanding> crew_standing() const override {
    return pages_->crew_standing();
  }

  [[nodiscard]] std::optional<core::ImportStanding> import_standing() const override {
    return import_.standing();
  }
  void await_import() override { import_.await_end(); }

  /// Runs `batch`, a part of the import, on the writer thread between two commits, and returns when
  /// it is done. If it throws, the ledger is broken. Throws that, what broke the ledger before, or
  /// core::Stopped after `stop`. The thread that imports.
  void import(const std::function<void()>& batch);
  /// Must be called once if an import follows, also when it fails: the engine waits for it. The
  /// thread that imports.
  void end_import();

  /// Writes what is queued, unless the ledger is broken, and ends both threads: from here on
  /// `wake` is not called, and nothing may be appended. For the end of a run that destroys what
  /// `wake` touches before the ledger.
  void stop();

  /// Whether any video in the ledger is recorded under this absolute path. Any thread.
  [[nodiscard]] virtual bool claimed(const std::string& path) = 0;

 protected:
  /// CommitThread::fail. Any thread.
  void fail(std::exception_ptr failure) { commits_.fail(std::move(failure)); }
  /// CommitThread::wake. Any thread.
  void wake_engine() { commits_.wake(); }

 private:
  void require_working() const;

  const core::OwnerThread owner_;      // the engine's thread
  std::unique_ptr<PageSource> pages_;  // page_thread_ alone, unless the method says any thread
  ImportGate import_;
  PageThread page_thread_;
  CommitThread commits_;
};

}  // namespace storage
