// Finished tasks for sums: those that are alike come once, with their number.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/period.h"
#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/billing/report_lines.h"

namespace storage {

/// Connections that see one state of the ledger.
struct Readers {
  SQLite::Database& first;
  SQLite::Database* second = nullptr;  ///< with it two threads read
};

/// Calls `visit` with each kind of the query's tasks and how many of it there are, but for tasks in
/// the time of `closed` periods or with lines in them; a kind may come more than once.
///
/// Tasks are of a kind when they have the same account, outcome, day (of `zone`), model, action,
/// resolution, counts and, where the query wants them, labels: all that a price or a sum can depend
/// on. What a vendor sells are a few lengths and sizes, so a month of tasks has few kinds. `visit`
/// gets one task of the kind without what tells it from the others (ID, times but `billed_at`,
/// snapshot, ratio, reason of failure); one call at a time, but not all on the caller's thread.
/// Memory is bounded. Throws SQLite::Exception, and what `visit` throws.
void each_kind_of_task(const Readers& readers, const ReportQuery& query,
                       const std::vector<ClosedPeriod>& closed, const core::TimeZone& zone,
                       const std::function<void(const core::FinishedTask&, std::int64_t)>& visit);

}  // namespace storage
