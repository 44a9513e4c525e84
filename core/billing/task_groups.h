// Groups of finished tasks for sums: equal tasks come once, with their number.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// Calls `visit` with each group of the query's tasks and its number of tasks. Leaves out tasks in
/// the time of `closed` periods or with lines in them. A group may come more than once.
///
/// Tasks are in one group if they have the same account, outcome, day (in `zone`), model, action,
/// resolution, ratio, counts and, if the query includes them, labels: everything that a price or a
/// sum can depend on. Vendors sell only a few lengths and sizes, so a month of tasks has few
/// groups. `visit` gets one task of the group without the values that differ (ID, times except
/// `billed_at`, snapshot, failure reason). It is called from several threads, one call at a time.
/// Memory is bounded. Throws what the source and `visit` throw.
void each_task_group(BillingSource& source, const ReportQuery& query,
                     const std::vector<ClosedPeriod>& closed, const TimeZone& zone,
                     const std::function<void(const FinishedTask&, std::int64_t)>& visit);

}  // namespace core
