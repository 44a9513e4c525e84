// What billing reports read: finished tasks of a period in their order, and counts of the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/billing.h"
#include "core/clock.h"

namespace storage {

/// Which time of a task puts it into a period.
enum class ReportTime {
  finish,  ///< else when its first final snapshot was seen, noted in the task
  submit,  ///< else when the ledger first saw the task
};

/// Half-open: begin <= time < end.
struct ReportQuery {
  core::UtcTime begin{};
  core::UtcTime end{};
  ReportTime time = ReportTime::finish;
  bool successes = true;
  bool failures = true;
};

/// What a period's report does not show as rows.
struct OpenTasks {
  std::uint64_t unfinished = 0;  ///< by submit time, else first seen
  std::uint64_t missing = 0;
};

/// Reads one state of the ledger, that of its construction, at any time, also while a run writes.
/// Everything throws core::Error when the ledger cannot be read. One thread.
class Reports {
 public:
  /// Throws LedgerUnreadable when there is no ledger that this version can read.
  explicit Reports(const std::string& path);
  ~Reports();
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;

  /// Calls `visit` with each finished task, by time, then task ID, then account. Bounded memory: as
  /// many tasks as share an instant.
  void each_task(const ReportQuery& query,
                 const std::function<void(const core::FinishedTask&)>& visit);
  /// The names of the labels of these tasks, sorted.
  [[nodiscard]] std::vector<std::string> label_names(const ReportQuery& query);
  [[nodiscard]] OpenTasks open_tasks(core::UtcTime begin, core::UtcTime end);
  [[nodiscard]] int schema_version() const;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace storage
