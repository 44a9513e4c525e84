// Finished tasks for sums: those that are alike come once, with their number.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/billing.h"
#include "core/period.h"
#include "storage/finished_tasks.h"
#include "storage/text_hash.h"

namespace storage {

/// Tasks are alike when they have the same account, outcome, day, model, action, resolution,
/// counts and, where the query wants them, labels: all that a price or a sum can depend on. What
/// a vendor sells are a few lengths and sizes, so a month of tasks has few kinds. One thread.
class AlikeTasks {
 public:
  /// One of the tasks that are alike, without what tells it from the others (ID, times but
  /// `billed_at`, snapshot, ratio, reason of failure), and how many they are.
  using Visit = std::function<void(const core::FinishedTask&, std::int64_t)>;

  /// Days are those of `zone`. A kind may be visited more than once; memory is bounded.
  AlikeTasks(SQLite::Database& database, const core::TimeZone& zone, Visit visit);

  /// Adds the tasks that `way` finds, but for those whose time `skip` names; visits some when there
  /// are too many kinds to keep. Throws SQLite::Exception, and what `visit` throws.
  void add(const ReportQuery& query, Way way, bool unfrozen_only,
           const std::function<bool(core::UtcTime)>& skip);
  /// Visits what was added and not yet visited.
  void flush();

 private:
  struct Kind {
    core::FinishedTask task;
    std::int64_t count = 0;
  };

  void make_key(const Cursor& row, core::UtcTime at, Way way);
  [[nodiscard]] core::FinishedTask task_of(const Cursor& row, core::UtcTime at, Way way);

  SQLite::Database& database_;
  AccountNames accounts_;
  core::TimeZone zone_;  // its own, since a zone belongs to one thread
  Visit visit_;
  LabelReader labels_;
  TextTable<Kind> kinds_;
  std::string key_;  // of the row at hand
};

}  // namespace storage
