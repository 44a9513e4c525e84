// What billing reports read: lines of a period in their order, and counts of the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/clock.h"
#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/billing/period_blockers.h"
#include "storage/sqlite/billing/report_lines.h"

namespace storage {

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
  core::UtcTime latest{};
};

/// Reads one state of the ledger, that of its construction, at any time, also while a run writes.
/// Everything throws core::Error when the ledger cannot be read. One thread.
///
/// Each finished task is in one place of time: its frozen lines where they were closed, what
/// became known since at the first instant of the next open period (core/billing/adjustments.h),
/// and all others at their own time. So the reports of neighbouring periods add up to the ledger
/// (B10). By submit time a report shows tasks as they are now, whatever was closed.
class Reports {
 public:
  /// Throws LedgerUnreadable when there is no ledger that this version can read.
  explicit Reports(const std::string& path);
  ~Reports();
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;

  /// By begin.
  [[nodiscard]] const std::vector<ClosedPeriod>& closed_periods() const;

  /// Calls `visit` with each line, by time, then task ID, then account. `pricing` and `zone` are
  /// for tasks that no closed period rules; `pricing.round_places` for all. Memory: as many tasks
  /// as share an instant, and all adjustments.
  void each_line(const ReportQuery& query, const core::Pricing& pricing, const core::TimeZone& zone,
                 const std::function<void(const core::ReportLine&)>& visit);
  /// The same lines for sums: those that are alike (storage/sqlite/billing/alike_tasks.h) come
  /// once, with their number, in no order and without what tells one from another. One call at a
  /// time, but not all from the caller's thread.
  void sum_lines(const ReportQuery& query, const core::Pricing& pricing, const core::TimeZone& zone,
                 const std::function<void(const core::ReportLine&, std::int64_t)>& visit);
  /// The names of the labels of these lines, sorted.
  [[nodiscard]] std::vector<std::string> label_names(const ReportQuery& query);
  /// The keys of the closed periods that lines of the query correct.
  [[nodiscard]] std::set<std::int64_t> corrected_periods(const ReportQuery& query);
  /// What the ledger lacks of the closings that the query rests on
  /// (storage/sqlite/billing/closing_chain.h): those within it, and all if any instant of it is
  /// open. Besides, price books of periods that it corrects that lack prices of their lines.
  [[nodiscard]] std::vector<std::string> closing_faults(const ReportQuery& query);
  /// The tasks that a closed period was closed without by name, in the order of the ledger.
  [[nodiscard]] std::vector<TaskName> written_off(const ClosedPeriod& closed);
  /// How many lines of a closed period lack their cost.
  [[nodiscard]] std::int64_t unpriced_lines(const ClosedPeriod& closed);
  /// Of the query's account and times.
  [[nodiscard]] OpenTasks open_tasks(const ReportQuery& query);
  /// Of the query's account, whatever its times: reports of those periods come much later.
  [[nodiscard]] FutureTasks future_tasks(const ReportQuery& query);
  /// The accounts of all tasks, by name, with their keys.
  [[nodiscard]] std::map<std::string, std::int64_t> accounts();
  [[nodiscard]] int schema_version() const;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace storage
