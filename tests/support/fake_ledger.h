// A ledger in memory that keeps the promises of core::Ledger; a contract test holds it against the
// real ones.
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

class FakeLedger : public core::Ledger {
 public:
  /// Over a ledger of its own.
  FakeLedger() : FakeLedger(std::make_shared<MemoryLedger>()) {}
  /// Over one that other fakes use too.
  explicit FakeLedger(std::shared_ptr<MemoryLedger> memory) : memory_(std::move(memory)) {}

  /// Puts a task on the work list of the run to come.
  void add(const std::string& id, core::UtcTime first_seen);
  /// Puts on its work list every task that is unfinished, or whose quota is not settled.
  void begin_run(std::int64_t run);

  void ask_for_tasks(core::TaskKey after, std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::TaskRecord>> take_tasks() override;
  void ask_for_videos(std::size_t limit) override;
  [[nodiscard]] std::optional<std::vector<core::WantedVideo>> take_videos() override;
  [[nodiscard]] bool has_room(std::size_t entries) const override;
  core::Ticket append(core::Entry entry) override;
  [[nodiscard]] core::Ticket committed() const override { return committed_; }
  void flush() override;
  [[nodiscard]] std::vector<core::Unrecorded> take_unrecorded() override {
    return std::exchange(unrecorded_, {});
  }
  /// The first video's link stands in no recorded answer any more.
  void lose_link(const std::string& id);

  /// Called for each entry before it is taken; may throw.
  std::function<void(const core::Entry&)> before_append;
  /// Why an entry cannot be recorded; empty: it can.
  std::function<std::string(const core::Entry&)> unrecordable;
  /// So often a page has not come yet when the engine looks for it.
  int page_lag = 0;
  /// So many entries wait, unseen, before the oldest is committed; 0: each is at once.
  std::size_t commit_lag = 0;

  [[nodiscard]] core::TaskState state(const std::string& id) const;
  [[nodiscard]] core::VideoState video(const std::string& id, int index) const;
  [[nodiscard]] std::size_t count(core::TaskState state) const;
  [[nodiscard]] std::size_t snapshots() const { return memory_->snapshots.size(); }

 private:
  /// A page on its way to the engine.
  template <typename Row>
  struct Page {
    std::vector<Row> rows;
    int looks_left = 0;  ///< so often it has not come yet
  };

  [[nodiscard]] std::vector<core::TaskRecord> tasks(core::TaskKey after, std::size_t limit) const;
  [[nodiscard]] std::vector<core::WantedVideo> videos(std::size_t limit) const;
  [[nodiscard]] int account_index(const MemoryLedger::Task& task) const;
  void commit_oldest();
  void settle_instead(const core::Entry& entry);
  [[nodiscard]] const MemoryLedger::Task& task(const std::string& id) const;

  std::shared_ptr<MemoryLedger> memory_;
  std::optional<Page<core::TaskRecord>> task_page_;
  std::optional<Page<core::WantedVideo>> video_page_;
  std::deque<core::Entry> waiting_;
  core::Ticket appended_ = 0;
  core::Ticket committed_ = 0;
  std::vector<core::Unrecorded> unrecorded_;
};

}  // namespace support
