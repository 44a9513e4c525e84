// What the ledger learned about closed periods since they were closed.
#pragma once

#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// The adjustment lines of [query.begin, query.end), by time, then task; those of one task in their
/// order. `closed` are the ledger's closed periods. As many in memory as there are. Throws
/// core::Error, also for a frozen price book that is damaged.
[[nodiscard]] std::vector<OwnedLine> find_adjustments(BillingSource& source,
                                                      const std::vector<ClosedPeriod>& closed,
                                                      const ReportQuery& query);

}  // namespace core
