// Changes to closed periods that the ledger learned after the closing.
#pragma once

#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// The adjustment lines of [query.begin, query.end), sorted by time, then task; the lines of one
/// task keep their order. `closed`: the ledger's closed periods. All lines are in memory at once.
/// Throws core::Error, also for a damaged frozen price book.
[[nodiscard]] std::vector<OwnedLine> find_adjustments(BillingSource& source,
                                                      const std::vector<ClosedPeriod>& closed,
                                                      const ReportQuery& query);

}  // namespace core
