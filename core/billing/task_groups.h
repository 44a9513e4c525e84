// Finished tasks for sums: those that are alike come once, with their number.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// Calls `visit` with each group of the query's tasks and how many tasks it has, but for tasks in
/// the time of `closed` periods or with lines in them; a group may come more than once.
///
/// Tasks are of a group when they have the same account, outcome, day (of `zone`), model, action,
/// resolution, counts and, where the query wants them, labels: all that a price or a sum can depend
/// on. What vendors sell are a few lengths and sizes, so a month of tasks has few groups. `visit`
/// gets one task of the group without what tells it from the others (ID, times but `billed_at`,
/// snapshot, ratio, reason of failure); one call at a time, but not all on the caller's thread.
/// Memory is bounded. Throws what the source and `visit` throw.
void each_task_group(BillingSource& source, const ReportQuery& query,
                     const std::vector<ClosedPeriod>& closed, const TimeZone& zone,
                     const std::function<void(const FinishedTask&, std::int64_t)>& visit);

}  // namespace core
