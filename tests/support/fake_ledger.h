// An in-memory ledger that fulfils core::Ledger; a contract test compares it with the real ones.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger/ledger.h"
#include "tests/support/memory_ledger.h"

namespace support {

/// A page that the engine has requested.
template <typename Row>
struct FakePage {
  std::vector<Row> rows;
  int looks_left = 0;  ///< looks until it arrives
};

class FakeLedger : public core::Ledger {
 public:
  /// With its own ledger.
  FakeLedger() : FakeLedger(std::make_shared<MemoryLedger>()) {}
  /// With a ledger that other fakes use, too.
  explicit FakeLedger(std::shared_ptr<MemoryLedger> memory) : memory_(std::move(memory)) {}

  /// Adds a task to the work list of the next run.
  void add(const std::string& id, core::UtcTime first_seen);
  /// Adds to its work list every task that is unfinished, or whose quota is not settled.
  void begin_run(std::int64_t run);
  /// Begins a run with an empty work list, which is imported while the run works.
  void begin_import(std::int64_t run);
  /// Lists a task that the ledger does not know.
  void import_new(const std::string& id, core::UtcTime first_seen);
  /// Lists a task that the ledger knew before this run.
  void import_known(const std::string& id);

  void ask_for_tasks(core::TaskKey after, std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::TaskRecord>> take_tasks() override;
  [[nodiscard]] std::vector<core::TaskRecord> named_tasks(int account,
                                                          std::vector<core::TaskId> ids) override;
  void ask_for_videos(std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::WantedVideo>> take_videos() override;
  [[nodiscard]] bool has_room(std::size_t entries) const override;
  core::Ticket append(core::Entry&& entry) override;
  [[nodiscard]] core::Ticket committed() const override { return committed_; }
  void flush() override;
  [[nodiscard]] std::vector<core::Unrecorded> take_unrecorded() override {
    return std::exchange(unrecorded_, {});
  }
  [[nodiscard]] std::optional<core::ImportStanding> import_standing() const override {
    return import;
  }
  void await_import() override {
    if (on_await) {
      on_await();
    }
  }
  /// Removes the first video's link from the recorded answers.
  void lose_link(const std::string& id);

  std::optional<core::ImportStanding> import;
  /// Called when the engine waits for the end of the import.
  std::function<void()> on_await;
  /// Called for each entry before it is taken; may throw.
  std::function<void(const core::Entry&)> before_append;
  /// Returns why an entry cannot be recorded; empty if it can.
  std::function<std::string(const core::Entry&)> unrecordable;
  /// How often the engine looks for a page before it arrives.
  int page_lag = 0;
  /// How many entries wait before the oldest is committed; 0: each one is committed at once.
  std::size_t commit_lag = 0;

  [[nodiscard]] core::TaskState state(const std::string& id) const;
  [[nodiscard]] core::VideoState video(const std::string& id, int index) const;
  [[nodiscard]] std::size_t count(core::TaskState state) const;
  [[nodiscard]] std::size_t snapshots() const { return memory_->snapshots.size(); }

 private:
  [[nodiscard]] std::vector<core::TaskRecord> tasks(core::TaskKey after, std::size_t limit) const;
  [[nodiscard]] std::vector<core::WantedVideo> videos(std::size_t limit) const;
  [[nodiscard]] int account_index(const MemoryLedger::Task& task) const;
  void commit_oldest();
  void settle_instead(const core::Entry& entry);
  [[nodiscard]] const MemoryLedger::Task& task(const std::string& id) const;

  std::shared_ptr<MemoryLedger> memory_;
  std::optional<FakePage<core::TaskRecord>> task_page_;
  std::optional<FakePage<core::WantedVideo>> video_page_;
  std::deque<core::Entry> waiting_;
  core::Ticket appended_ = 0;
  core::Ticket committed_ = 0;
  std::vector<core::Unrecorded> unrecorded_;
};

}  // namespace support
