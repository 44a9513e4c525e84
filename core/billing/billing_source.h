// The interface between billing and the ledger: finished tasks, closed periods, closing a period.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/billing/adjustments.h"
#include "core/billing/billing.h"
#include "core/billing/closed_period.h"
#include "core/billing/label_filter.h"
#include "core/clock.h"

namespace core {

/// Which time of a task assigns it to a period.
enum class ReportTime {
  finish,  ///< else when its first final snapshot was seen, with a note
  submit,  ///< else when the ledger first saw the task, with a note
};

/// Half-open: begin <= time < end.
struct ReportQuery {
  UtcTime begin{};
  UtcTime end{};
  ReportTime time = ReportTime::finish;
  bool successes = true;
  bool failures = true;
  std::int64_t account = 0;  ///< its key; 0: all
  bool videos = false;       ///< fills FinishedTask::lost, which reads each task's videos
  bool labels = true;        ///< fills FinishedTask::labels
  bool sorted = false;       ///< finished_tasks: equal times come by task ID, then account
  /// Reports, and counts of open and future tasks, are restricted to these. Cursors are not: they
  /// only fill the labels.
  LabelFilter label_filter{};

  bool operator==(const ReportQuery&) const = default;
};

/// The time by which tasks are looked up.
enum class TimeIndex { finish_time, first_seen_finished, submit_time };
/// The indexes that together find each task of a period exactly once.
[[nodiscard]] inline std::vector<TimeIndex> time_indexes(ReportTime time) {
  return time == ReportTime::submit
             ? std::vector{TimeIndex::submit_time}
             : std::vector{TimeIndex::finish_time, TimeIndex::first_seen_finished};
}

/// The part of a query that one index answers.
struct TaskSlice {
  TimeIndex index = TimeIndex::finish_time;
  ReportQuery query;
};

/// Finished tasks or frozen lines in ascending order of time. One thread at a time, which need not
/// be the one that opened it; in the meantime the source and its other cursors must not be used.
template <typename Item>
class TimeCursor {
 public:
  virtual ~TimeCursor() = default;
  [[nodiscard]] virtual bool at_end() const = 0;
  /// The time of the next item. Neither this nor `take` may be called at the end.
  [[nodiscard]] virtual UtcTime time() const = 0;
  /// Fills all members of `item` and moves on.
  virtual void take(Item& item) = 0;
};
using TaskCursor = TimeCursor<FinishedTask>;
using LineCursor = TimeCursor<OwnedLine>;

/// Finished tasks for sums, in any order. Threads: see TimeCursor.
class GroupCursor {
 public:
  virtual ~GroupCursor() = default;
  /// Moves to the next task; false after the last one.
  virtual bool step() = 0;
  [[nodiscard]] virtual UtcTime time() const = 0;
  /// Appends everything, except the time, by which tasks are grouped: account, outcome, all facts
  /// of kind price_text or count, labels, and the account that is charged for it.
  virtual void append_key(std::string& key) const = 0;
  /// The task with only these values and its time.
  [[nodiscard]] virtual FinishedTask task() = 0;
};

/// Tasks of a period that its report does not show as rows.
struct OpenTasks {
  std::uint64_t unfinished = 0;  ///< by submit time, else by the time it was first seen
  std::uint64_t missing = 0;
};

/// One of these tasks.
struct OpenTask {
  std::string task_id;
  std::string request_id;  ///< empty: unknown
  bool missing = false;    ///< else unfinished
};

/// Finished tasks whose finish time is later than the newest answer in the ledger by more than
/// clocks may differ: the gateway states a time in the future.
struct FutureTasks {
  std::uint64_t tasks = 0;
  std::string task_id;  ///< of the latest
  UtcTime latest{};
};

struct TaskName {
  std::string account;
  std::string task_id;
};

struct BlockingTasks {
  static constexpr std::size_t kNamed = 5;
  std::uint64_t count = 0;
  std::vector<TaskName> first;     ///< the oldest ones, at most kNamed
  std::set<std::string> accounts;  ///< of all these tasks
  UtcTime oldest = UtcTime::max();
};

/// The tasks that prevent a period from being closed, because their state may still change.
struct PeriodBlockers {
  BlockingTasks running;    ///< unfinished, by submit time, else by the time first seen
  BlockingTasks stale;      ///< the same, but too old to be queried without being named
  BlockingTasks unsettled;  ///< finished, by finish time: one more query for the quota is due
};

/// Task IDs that two accounts have in common. IDs are left out if lists named them for both
/// accounts in a column `account`: then both are intended.
struct SharedTasks {
  std::string account;
  std::string other;
  std::uint64_t tasks = 0;
  /// How many of these are certainly one task of one gateway, according to their final answers (the
  /// same bytes, or the same state and times). Reports charge such a success once
  /// (FinishedTask::charged_under).
  std::uint64_t one_task = 0;
  std::string example;  ///< the ID of one of them, a certain one if possible
};

/// A task whose labels are other ones than in its frozen line.
struct RelabelledTask {
  TaskName name;
  Labels frozen;
  Labels now;
};

enum class SharedTaskScope {
  ledger,
  last_run,  ///< tasks of the newest run, compared with all in the ledger
};

/// The raw answer from which a frozen line was made.
struct LineProof {
  std::string line_id;
  std::string task_id;
  std::optional<std::string> answer;  ///< byte-exact; none once pruned
};

/// A price book that was recorded for a closed period afterwards (BillingSource::reprice).
struct LaterBook {
  std::string prices;           ///< its bytes
  std::int64_t carried_by = 0;  ///< key of the closed period that has its changes; 0: none yet
};

/// Which lines of a closed period are counted.
enum class LineScope {
  shown,     ///< the lines of its report, without reversals
  standing,  ///< the lines, in any report, that belong to it and are not reversed
};

/// What a closing knows once it has seen all lines.
struct ClosedReport {
  std::string sha256;        ///< of the report as CSV with default options
  std::string totals{};      ///< CostTotals::lines of what the report shows
  std::string program{};     ///< the version of the program
  std::string invoice_id{};  ///< without control characters; empty: none
  /// Signs the head of the chain of closed periods; null: nobody does. What it throws leaves the
  /// period open.
  std::function<std::string(const std::string& head)> sign{};
};

/// Adds a closed period in one transaction: without `commit` nothing is stored. One thread.
class PeriodWriter {
 public:
  virtual ~PeriodWriter() = default;
  /// Records the tasks without which the period is closed: its unfinished ones that were submitted,
  /// else first seen, before `stale_before`.
  virtual void write_off(UtcTime stale_before) = 0;
  /// Adds a line of the period's report, unrounded, in the order of the report.
  virtual void add(const ReportLine& line) = 0;
  /// Returns the new head of the chain of closed periods (ClosedPeriod::head). Among the lines are
  /// the adjustments of closed periods whose adjusting_period begins within this period, so their
  /// marks are moved.
  virtual std::string commit(const ClosedReport& report) = 0;
};

/// The state of a ledger at the time when it was opened; a run may write meanwhile. Every method
/// throws core::Error if the ledger cannot be read. One thread, except for the cursors.
class BillingSource {
 public:
  virtual ~BillingSource() = default;

  /// Sorted by begin.
  [[nodiscard]] virtual const std::vector<ClosedPeriod>& closed_periods() = 0;
  /// The accounts of all tasks, by name, with their keys.
  [[nodiscard]] virtual std::map<std::string, std::int64_t> accounts() = 0;
  [[nodiscard]] virtual int schema_version() const = 0;

  /// The finished tasks of the query in their current state. With `unfrozen_only`, here and below:
  /// without those that have lines in a closed period.
  [[nodiscard]] virtual std::unique_ptr<TaskCursor> finished_tasks(const ReportQuery& query,
                                                                   bool unfrozen_only) = 0;
  /// How many threads may read groups at the same time, at least 1.
  [[nodiscard]] virtual std::size_t group_readers() const = 0;
  /// The query in parts that these threads share.
  [[nodiscard]] virtual std::vector<TaskSlice> slices(const ReportQuery& query) = 0;
  /// Cursors of different readers (from 0) may be used at the same time.
  [[nodiscard]] virtual std::unique_ptr<GroupCursor> grouped_tasks(const TaskSlice& slice,
                                                                   bool unfrozen_only,
                                                                   std::size_t reader) = 0;
  /// Adds the label names of these tasks that pass the query's label filter, except tasks whose
  /// time `skip` accepts.
  virtual void add_task_label_names(const ReportQuery& query, bool unfrozen_only,
                                    const std::function<bool(UtcTime)>& skip,
                                    std::set<std::string>& names) = 0;

  /// The lines of closed periods in [query.begin, query.end), by time; lines with equal times in
  /// the order of their report.
  [[nodiscard]] virtual std::unique_ptr<LineCursor> frozen_lines(const ReportQuery& query) = 0;
  /// Only of lines that pass the query's label filter.
  virtual void add_frozen_label_names(const ReportQuery& query, std::set<std::string>& names) = 0;

  /// The keys of finished tasks that may correct `periods`: those with a final answer that became
  /// visible in this ledger after the earliest mark of these periods (ClosedPeriod::checked_to),
  /// and with frozen lines, or without a finish time, or with one near the periods. The result may
  /// contain more tasks, or a task several times, in any order.
  [[nodiscard]] virtual std::vector<std::int64_t> answered_since(
      const std::vector<const ClosedPeriod*>& periods, const ReportQuery& query) = 0;
  /// The keys of the tasks whose lines belong to the closed period.
  [[nodiscard]] virtual std::vector<std::int64_t> tasks_ruled_by(const ClosedPeriod& closed,
                                                                 const ReportQuery& query) = 0;
  /// False if the task is not finished.
  [[nodiscard]] virtual bool find_task(std::int64_t key, FinishedTask& task) = 0;
  /// The lines of one task that no frozen line reverses, the main one first.
  [[nodiscard]] virtual std::vector<OwnedLine> standing_lines(std::int64_t task) = 0;
  /// How many lines of that answer and kind were ever frozen, including reversed ones.
  [[nodiscard]] virtual std::int64_t revisions(std::int64_t task, std::int64_t snapshot,
                                               LineKind kind) = 0;

  /// Faults, one line each: of the chain of closings; of closed periods that overlap [begin, end)
  /// and differ from their closings; and, for the closed periods with the keys `corrected`, lines
  /// whose price is in none of the price books that ever applied to the period.
  [[nodiscard]] virtual std::vector<std::string> closing_findings(
      UtcTime begin, UtcTime end, const std::set<std::int64_t>& corrected) = 0;
  /// The tasks that `write_off` recorded for a closed period, in the order of the ledger.
  [[nodiscard]] virtual std::vector<TaskName> written_off(const ClosedPeriod& closed) = 0;
  /// How many lines of a closed period have no cost.
  [[nodiscard]] virtual std::int64_t unpriced_lines(const ClosedPeriod& closed,
                                                    LineScope scope) = 0;
  /// What proves the lines of the report of a closed period, in its order.
  virtual void each_proof(const ClosedPeriod& closed,
                          const std::function<void(const LineProof&)>& visit) = 0;
  /// The price books recorded for a closed period since then, the oldest one first.
  [[nodiscard]] virtual std::vector<LaterBook> later_books(const ClosedPeriod& closed) = 0;

  /// The tasks of frozen main lines in [begin, end) whose labels have changed, in the order of the
  /// lines. Reversals are no such lines.
  virtual void each_relabelled(UtcTime begin, UtcTime end,
                               const std::function<void(const RelabelledTask&)>& visit) = 0;

  /// For the query's account, times and label filter.
  [[nodiscard]] virtual OpenTasks open_tasks(const ReportQuery& query) = 0;
  /// The same tasks one by one, without the label filter, in any order.
  virtual void each_open_task(const ReportQuery& query,
                              const std::function<void(const OpenTask&)>& visit) = 0;
  /// For the query's account and label filter, whatever its times are.
  [[nodiscard]] virtual FutureTasks future_tasks(const ReportQuery& query) = 0;
  /// When the newest answer in the ledger was heard: it knows nothing of later times.
  [[nodiscard]] virtual std::optional<UtcTime> newest_answer() = 0;
  [[nodiscard]] virtual PeriodBlockers blockers(const Period& period, UtcTime stale_before) = 0;
  /// One result for each pair of accounts with common task IDs.
  [[nodiscard]] virtual std::vector<SharedTasks> shared_tasks(SharedTaskScope scope) = 0;

  /// `period`: everything except `key`, `lines`, `sha256`, `schema_version`, `checked_to` and
  /// `closed_at`. The caller holds the ledger's lock, so that the data read here is the data that
  /// is frozen. Throws core::Error also if the period overlaps a closed one.
  [[nodiscard]] virtual std::unique_ptr<PeriodWriter> close(const ClosedPeriod& period,
                                                            UtcTime now) = 0;
  /// Records a price book that applies to the closed period from now on. The caller holds the lock.
  virtual void reprice(const ClosedPeriod& closed, const std::string& prices, UtcTime now) = 0;
  /// Keeps a signature of the head of a closed period that has none. The caller holds the lock.
  virtual void keep_signature(const ClosedPeriod& closed, const std::string& signature,
                              UtcTime now) = 0;
  /// Records that a bundle of a closed period was written (`reeltally audit`), whose SHA256SUMS has
  /// this SHA-256; the last one counts.
  virtual void keep_bundle(const ClosedPeriod& closed, const std::string& sha256, UtcTime now) = 0;
};

/// The account of `wanted`, by name, if `read` is the same query for all accounts; none: what was
/// read is what was wanted.
[[nodiscard]] inline std::optional<std::string> account_to_keep(BillingSource& source,
                                                                const ReportQuery& read,
                                                                const ReportQuery& wanted) {
  if (read.account != wanted.account) {
    for (const auto& [name, key] : source.accounts()) {
      if (key == wanted.account) {
        return name;
      }
    }
  }
  return std::nullopt;
}

}  // namespace core
