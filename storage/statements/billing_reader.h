// All reading methods of core::BillingSource, with the statements of this room, on any engine.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/statements/answered_tasks.h"
#include "storage/statements/line_proofs.h"
#include "storage/statements/line_reads.h"
#include "storage/statements/period_blockers.h"
#include "storage/statements/period_counts.h"
#include "storage/statements/shared_tasks.h"
#include "storage/statements/task_reads.h"

namespace storage {

/// A back end adds the writing methods and its schema version.
template <LedgerSnapshot Snapshot>
class BillingReader : public core::BillingSource {
 public:
  explicit BillingReader(std::unique_ptr<Snapshot> snapshot)
      : snapshot_(std::move(snapshot)), tasks_(*snapshot_), lines_(*snapshot_) {}

  const std::vector<core::ClosedPeriod>& closed_periods() override {
    return snapshot_->guard([&]() -> auto& { return lines_.periods(); });
  }
  std::map<std::string, std::int64_t> accounts() override {
    return snapshot_->guard([&] { return account_keys(snapshot_->rows(0)); });
  }
  std::unique_ptr<core::TaskCursor> finished_tasks(const core::ReportQuery& query,
                                                   bool unfrozen_only) override {
    return snapshot_->guard([&] { return tasks_.by_time(query, unfrozen_only); });
  }
  std::size_t group_readers() const override { return snapshot_->readers(); }
  std::vector<core::TaskSlice> slices(const core::ReportQuery& query) override {
    return snapshot_->guard([&] { return slices_of(snapshot_->rows(0), query); });
  }
  std::unique_ptr<core::GroupCursor> grouped_tasks(const core::TaskSlice& slice, bool unfrozen_only,
                                                   std::size_t reader) override {
    assert(reader < group_readers());
    return snapshot_->guard([&] { return tasks_.grouped(slice, unfrozen_only, reader); });
  }
  void add_task_label_names(const core::ReportQuery& query, bool unfrozen_only,
                            const std::function<bool(core::UtcTime)>& skip,
                            std::set<std::string>& names) override {
    snapshot_->guard(
        [&] { add_label_names(snapshot_->rows(0), query, unfrozen_only, skip, names); });
  }
  std::unique_ptr<core::LineCursor> frozen_lines(const core::ReportQuery& query) override {
    return snapshot_->guard([&] { return lines_.by_time(query); });
  }
  void add_frozen_label_names(const core::ReportQuery& query,
                              std::set<std::string>& names) override {
    snapshot_->guard([&] { add_frozen_labels(snapshot_->rows(0), query, names); });
  }
  std::vector<std::int64_t> answered_since(const std::vector<const core::ClosedPeriod*>& periods,
                                           const core::ReportQuery& query) override {
    assert(!periods.empty());
    return snapshot_->guard(
        [&] { return tasks_answered_since(snapshot_->rows(0), periods, query); });
  }
  std::vector<std::int64_t> tasks_ruled_by(const core::ClosedPeriod& closed,
                                           const core::ReportQuery& query) override {
    return snapshot_->guard(
        [&] { return task_keys(snapshot_->rows(0), ruled_by_text(query), {closed.key}); });
  }
  bool find_task(std::int64_t key, core::FinishedTask& task) override {
    return snapshot_->guard([&] { return tasks_.find(key, task); });
  }
  std::vector<core::OwnedLine> standing_lines(std::int64_t task) override {
    return snapshot_->guard([&] { return lines_.standing().of(task); });
  }
  std::int64_t revisions(std::int64_t task, std::int64_t snapshot, core::LineKind kind) override {
    return snapshot_->guard([&] { return lines_.standing().revisions(task, snapshot, kind); });
  }
  std::vector<std::string> closing_findings(core::UtcTime begin, core::UtcTime end,
                                            const std::set<std::int64_t>& corrected) override {
    return snapshot_->guard([&] { return lines_.findings(begin, end, corrected); });
  }
  std::vector<core::TaskName> written_off(const core::ClosedPeriod& closed) override {
    return snapshot_->guard([&] { return tasks_written_off(snapshot_->rows(0), closed.key); });
  }
  std::int64_t unpriced_lines(const core::ClosedPeriod& closed, core::LineScope scope) override {
    return snapshot_->guard([&] { return count_unpriced(snapshot_->rows(0), closed, scope); });
  }
  void each_proof(const core::ClosedPeriod& closed,
                  const std::function<void(const core::LineProof&)>& visit) override {
    snapshot_->guard([&] { visit_proofs(snapshot_->rows(0), closed, visit); });
  }
  std::vector<core::LaterBook> later_books(const core::ClosedPeriod& closed) override {
    return snapshot_->guard([&] { return read_later_books(snapshot_->rows(0), closed.key); });
  }
  void each_relabelled(core::UtcTime begin, core::UtcTime end,
                       const std::function<void(const core::RelabelledTask&)>& visit) override {
    snapshot_->guard([&] { visit_relabelled(snapshot_->rows(0), begin, end, visit); });
  }
  core::OpenTasks open_tasks(const core::ReportQuery& query) override {
    return snapshot_->guard([&] { return count_open_tasks(snapshot_->rows(0), query); });
  }
  void each_open_task(const core::ReportQuery& query,
                      const std::function<void(const core::OpenTask&)>& visit) override {
    snapshot_->guard([&] { visit_open_tasks(snapshot_->rows(0), query, visit); });
  }
  core::FutureTasks future_tasks(const core::ReportQuery& query) override {
    return snapshot_->guard([&] { return find_future_tasks(snapshot_->rows(0), query); });
  }
  std::optional<core::UtcTime> newest_answer() override {
    return snapshot_->guard([&] { return read_newest_answer(snapshot_->rows(0)); });
  }
  core::PeriodBlockers blockers(const core::Period& period, core::UtcTime stale_before) override {
    return snapshot_->guard(
        [&] { return find_period_blockers(snapshot_->rows(0), period, stale_before); });
  }
  std::vector<core::SharedTasks> shared_tasks(core::SharedTaskScope scope) override {
    return snapshot_->guard([&] { return find_shared_tasks(snapshot_->rows(0), scope); });
  }

 private:
  std::unique_ptr<Snapshot> snapshot_;
  TaskReads<Snapshot> tasks_;
  LineReads<Snapshot> lines_;
};

}  // namespace storage
