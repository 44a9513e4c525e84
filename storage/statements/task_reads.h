// Finished tasks for core::BillingSource, on a snapshot of any engine.
#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/statements/finished_tasks.h"
#include "storage/statements/grouped_tasks.h"
#include "storage/statements/rows.h"

namespace storage {

/// One state of a ledger, which several threads may read at once, each with its own rows (from 0).
/// `guard` runs a read, and converts a failure of the engine into a message for the user.
template <typename Snapshot>
concept LedgerSnapshot = RowSource<typename Snapshot::Rows> &&
    requires(Snapshot& snapshot, const Snapshot& same, std::size_t reader) {
  { snapshot.rows(reader) } -> std::same_as<typename Snapshot::Rows&>;
  { same.readers() } -> std::same_as<std::size_t>;
  same.guard([] {});
};

/// FinishedTasks or FrozenLines behind the interface of a cursor.
template <typename Snapshot, typename Reads, typename Item>
class GuardedCursor final : public core::TimeCursor<Item> {
 public:
  template <typename... Arguments>
  explicit GuardedCursor(const Snapshot& snapshot, Arguments&&... arguments)
      : snapshot_(snapshot), reads_(std::forward<Arguments>(arguments)...) {}

  [[nodiscard]] bool at_end() const override { return reads_.at_end(); }
  [[nodiscard]] core::UtcTime time() const override {
    assert(!reads_.at_end());
    return reads_.time();
  }
  void take(Item& item) override {
    assert(!reads_.at_end());
    snapshot_.guard([&] { reads_.take(item); });
  }

 private:
  const Snapshot& snapshot_;
  Reads reads_;
};

template <typename Snapshot>
class GuardedGroups final : public core::GroupCursor {
 public:
  using Rows = typename Snapshot::Rows;

  GuardedGroups(const Snapshot& snapshot, GroupReader<Rows>& reader, const core::TaskSlice& slice,
                bool unfrozen_only)
      : snapshot_(snapshot), tasks_(reader, slice, unfrozen_only) {}

  bool step() override {
    return snapshot_.guard([&] { return tasks_.step(); });
  }
  [[nodiscard]] core::UtcTime time() const override { return tasks_.time(); }
  void append_key(std::string& key) const override { tasks_.append_key(key); }
  [[nodiscard]] core::FinishedTask task() override { return tasks_.task(); }

 private:
  const Snapshot& snapshot_;
  GroupedTasks<Rows> tasks_;
};

/// The part of core::BillingSource that reads finished tasks.
template <LedgerSnapshot Snapshot>
class TaskReads {
 public:
  using Rows = typename Snapshot::Rows;

  explicit TaskReads(Snapshot& snapshot)
      : snapshot_(snapshot), group_readers_(snapshot.readers()) {}

  [[nodiscard]] std::unique_ptr<core::TaskCursor> by_time(const core::ReportQuery& query,
                                                          bool unfrozen_only) {
    return std::make_unique<GuardedCursor<Snapshot, FinishedTasks<Rows>, core::FinishedTask>>(
        snapshot_, snapshot_.rows(0), query, unfrozen_only);
  }
  [[nodiscard]] std::unique_ptr<core::GroupCursor> grouped(const core::TaskSlice& slice,
                                                           bool unfrozen_only, std::size_t reader) {
    std::optional<GroupReader<Rows>>& from = group_readers_.at(reader);
    if (!from) {
      from.emplace(snapshot_.rows(reader));
    }
    return std::make_unique<GuardedGroups<Snapshot>>(snapshot_, *from, slice, unfrozen_only);
  }
  /// False if the task is not finished.
  [[nodiscard]] bool find(std::int64_t key, core::FinishedTask& task) {
    if (!by_key_) {
      by_key_.emplace(snapshot_.rows(0));
    }
    return by_key_->find(key, task);
  }

 private:
  Snapshot& snapshot_;
  std::vector<std::optional<GroupReader<Rows>>> group_readers_;
  std::optional<FinishedTaskByKey<Rows>> by_key_;
};

}  // namespace storage
