// What the ledger learned about closed periods since they were closed.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include "core/billing/adjustments.h"
#include "core/billing/period.h"
#include "core/clock.h"
#include "storage/sqlite/billing/finished_tasks.h"
#include "storage/sqlite/billing/report_lines.h"

namespace storage {

/// Where the adjustments of `closed` belong: the next period of its length and zone that overlaps
/// no closed one.
[[nodiscard]] core::Period adjusting_period(const ClosedPeriod& closed,
                                            const std::vector<ClosedPeriod>& all);

/// The adjustment lines of [query.begin, query.end), by time, then task; those of one task in their
/// order. As many in memory as there are. Throws SQLite::Exception, and core::Error for a frozen
/// price book that is damaged.
[[nodiscard]] std::vector<core::OwnedLine> find_adjustments(SQLite::Database& database,
                                                            const std::vector<ClosedPeriod>& closed,
                                                            const ReportQuery& query);

}  // namespace storage
