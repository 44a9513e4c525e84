// What billing needs of a ledger: its finished tasks, its closed periods, and how one is added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/billing/adjustments.h"
#include "core/billing/billing.h"
#include "core/billing/closed_period.h"
#include "core/clock.h"

namespace core {

/// Which time of a task puts it into a period.
enum class ReportTime {
  finish,  ///< else when its first final snapshot was seen, noted in the task
  submit,  ///< else when the ledger first saw the task, noted too
};

/// Half-open: begin <= time < end.
struct ReportQuery {
  UtcTime begin{};
  UtcTime end{};
  ReportTime time = ReportTime::finish;
  bool successes = true;
  bool failures = true;
  std::int64_t account = 0;  ///< its key; 0: all
  bool videos = false;       ///< fills FinishedTask::lost, which takes a look at each task's videos
  bool labels = true;        ///< fills FinishedTask::labels

  bool operator==(const ReportQuery&) const = default;
};

/// The time by which tasks are found.
enum class TimeIndex { finish_time, first_seen_finished, submit_time };
/// The indexes that together find each task of a period once.
[[nodiscard]] inline std::vector<TimeIndex> time_indexes(ReportTime time) {
  return time == ReportTime::submit
             ? std::vector{TimeIndex::submit_time}
             : std::vector{TimeIndex::finish_time, TimeIndex::first_seen_finished};
}

/// A part of a query that is read by one index.
struct TaskSlice {
  TimeIndex index = TimeIndex::finish_time;
  ReportQuery query;
};

/// Finished tasks or frozen lines by time, ascending. One thread at a time; it need not be the one
/// that opened it, but the source and its other cursors must not be used meanwhile.
template <typename Item>
class TimeCursor {
 public:
  virtual ~TimeCursor() = default;
  [[nodiscard]] virtual bool at_end() const = 0;
  /// Of the next item. Not to be called at the end, as `take`.
  [[nodiscard]] virtual UtcTime time() const = 0;
  /// Fills all members of `item` and goes on.
  virtual void take(Item& item) = 0;
};
using TaskCursor = TimeCursor<FinishedTask>;
using LineCursor = TimeCursor<OwnedLine>;

/// Finished tasks for sums, in any order. Threads as TimeCursor.
class GroupCursor {
 public:
  virtual ~GroupCursor() = default;
  /// Goes to the next task; false after the last one.
  virtual bool step() = 0;
  [[nodiscard]] virtual UtcTime time() const = 0;
  /// Appends what tells the task from others that are not summed with it, but for its time:
  /// account, outcome, all facts of kind price_text or count, labels, and who is charged for it.
  virtual void append_key(std::string& key) const = 0;
  /// The task with no more than that, and its time.
  [[nodiscard]] virtual FinishedTask task() = 0;
};

/// What a period's report does not show as rows.
struct OpenTasks {
  std::uint64_t unfinished = 0;  ///< by submit time, else first seen
  std::uint64_t missing = 0;
};

/// Finished tasks whose finish time is later than the newest answer in the ledger, by more than
/// clocks differ: the gateway names a time to come.
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
  std::vector<TaskName> first;     ///< the first kNamed of them, the oldest first
  std::set<std::string> accounts;  ///< of all
  UtcTime oldest = UtcTime::max();
};

/// The tasks of a period that keep it from being closed: more may become known of them.
struct PeriodBlockers {
  BlockingTasks running;    ///< unfinished, by submit time, else first seen
  BlockingTasks stale;      ///< the same, but older than what is asked about by itself
  BlockingTasks unsettled;  ///< finished, by finish time: to be asked once more for their quota
};

/// The task IDs that two accounts have in common, unless lists named both accounts for them in a
/// column `account`: then both are meant.
struct SharedTasks {
  std::string account;
  std::string other;
  std::uint64_t tasks = 0;
  /// Of these: certainly one task of one gateway, as their final answers tell (the same bytes, or
  /// the same state and times). Reports charge such a success once (FinishedTask::charged_under).
  std::uint64_t one_task = 0;
  std::string example;  ///< the ID of one, of those that are certain if there are any
};

enum class SharedTaskScope {
  ledger,
  last_run,  ///< the tasks of the newest run, each beside whatever the ledger holds
};

/// Which lines of a closed period are counted.
enum class LineScope {
  shown,     ///< that its report shows, without those that take others back
  standing,  ///< that it rules, in whichever report, and that no line takes back
};

/// Adds a closed period in one transaction: nothing is kept unless `commit` returns. One thread.
class PeriodWriter {
 public:
  virtual ~PeriodWriter() = default;
  /// Names the tasks that the period is closed without: its unfinished ones that were submitted,
  /// else first seen, before `stale_before`.
  virtual void write_off(UtcTime stale_before) = 0;
  /// A line of the period's report, unrounded, in its order.
  virtual void add(const ReportLine& line) = 0;
  /// `sha256` of the report as CSV with default options. The adjustments of closed periods whose
  /// adjusting_period begins within this one are among its lines, so their marks move on.
  virtual void commit(const std::string& sha256) = 0;
};

/// One state of a ledger, that of when it was opened, at any time, also while a run writes.
/// Everything throws core::Error when the ledger cannot be read. One thread, but for its cursors.
class BillingSource {
 public:
  virtual ~BillingSource() = default;

  /// By begin.
  [[nodiscard]] virtual const std::vector<ClosedPeriod>& closed_periods() = 0;
  /// The accounts of all tasks, by name, with their keys.
  [[nodiscard]] virtual std::map<std::string, std::int64_t> accounts() = 0;
  [[nodiscard]] virtual int schema_version() const = 0;

  /// Finished tasks of the query as they are known now; without those that have lines in a closed
  /// period when `unfrozen_only`, here and below.
  [[nodiscard]] virtual std::unique_ptr<TaskCursor> finished_tasks(const ReportQuery& query,
                                                                   bool unfrozen_only) = 0;
  /// How many threads may read groups at once, at least 1.
  [[nodiscard]] virtual std::size_t group_readers() const = 0;
  /// The query in parts, for those threads to share.
  [[nodiscard]] virtual std::vector<TaskSlice> slices(const ReportQuery& query) = 0;
  /// Cursors of different readers (from 0) may be used at the same time.
  [[nodiscard]] virtual std::unique_ptr<GroupCursor> grouped_tasks(const TaskSlice& slice,
                                                                   bool unfrozen_only,
                                                                   std::size_t reader) = 0;
  /// Adds the names of the labels of these tasks, but for tasks whose time `skip` accepts.
  virtual void add_task_label_names(const ReportQuery& query, bool unfrozen_only,
                                    const std::function<bool(UtcTime)>& skip,
                                    std::set<std::string>& names) = 0;

  /// The lines of closed periods in [query.begin, query.end), by time, and in the order of their
  /// report where that is equal.
  [[nodiscard]] virtual std::unique_ptr<LineCursor> frozen_lines(const ReportQuery& query) = 0;
  virtual void add_frozen_label_names(const ReportQuery& query, std::set<std::string>& names) = 0;

  /// The keys of finished tasks that may correct `periods`: with a final answer that became visible
  /// in this ledger after the earliest mark of theirs (ClosedPeriod::checked_to), and with frozen
  /// lines, or no finish time, or one within reach of the periods. More than those may come, once
  /// or several times, in any order.
  [[nodiscard]] virtual std::vector<std::int64_t> answered_since(
      const std::vector<const ClosedPeriod*>& periods, const ReportQuery& query) = 0;
  /// The keys of the tasks whose lines the closed period rules.
  [[nodiscard]] virtual std::vector<std::int64_t> tasks_ruled_by(const ClosedPeriod& closed,
                                                                 const ReportQuery& query) = 0;
  /// False when the task is not finished.
  [[nodiscard]] virtual bool find_task(std::int64_t key, FinishedTask& task) = 0;
  /// The lines of one task that no frozen line takes back, the main one first.
  [[nodiscard]] virtual std::vector<OwnedLine> standing_lines(std::int64_t task) = 0;
  /// How many lines of that answer and kind were ever frozen, those that are taken back too.
  [[nodiscard]] virtual std::int64_t revisions(std::int64_t task, std::int64_t snapshot,
                                               LineKind kind) = 0;

  /// What is wrong with the chain of closings, and what closed periods that share an instant with
  /// [begin, end) lack of what their closings say, a line each. Besides, of the closed periods with
  /// the keys `corrected`: lines whose price is in none of the books that ever ruled the period.
  [[nodiscard]] virtual std::vector<std::string> closing_findings(
      UtcTime begin, UtcTime end, const std::set<std::int64_t>& corrected) = 0;
  /// The tasks that a closed period was closed without by name, in the order of the ledger.
  [[nodiscard]] virtual std::vector<TaskName> written_off(const ClosedPeriod& closed) = 0;
  /// How many lines of a closed period lack their cost.
  [[nodiscard]] virtual std::int64_t unpriced_lines(const ClosedPeriod& closed,
                                                    LineScope scope) = 0;

  /// Of the query's account and times.
  [[nodiscard]] virtual OpenTasks open_tasks(const ReportQuery& query) = 0;
  /// Of the query's account. The times of the query do not count.
  [[nodiscard]] virtual FutureTasks future_tasks(const ReportQuery& query) = 0;
  [[nodiscard]] virtual PeriodBlockers blockers(const Period& period, UtcTime stale_before) = 0;
  /// One for each pair of accounts that has any.
  [[nodiscard]] virtual std::vector<SharedTasks> shared_tasks(SharedTaskScope scope) = 0;

  /// `period`: all but `key`, `lines`, `sha256`, `schema_version` and `checked_to`. The caller
  /// holds the ledger's lock, so that what it reads here is what is frozen. Throws core::Error also
  /// for a period that overlaps a closed one.
  [[nodiscard]] virtual std::unique_ptr<PeriodWriter> close(const ClosedPeriod& period,
                                                            UtcTime now) = 0;
  /// Records a price book that rules the closed period from now on. The caller holds the lock.
  virtual void reprice(const ClosedPeriod& closed, const std::string& prices, UtcTime now) = 0;
};

}  // namespace core
