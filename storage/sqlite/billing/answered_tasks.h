// The tasks whose closed lines may have to be corrected.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <vector>

#include "core/billing/billing_source.h"

namespace storage {

/// As core::BillingSource::answered_since. Throws SQLite::Exception, as everything here.
[[nodiscard]] std::vector<std::int64_t> tasks_answered_since(
    SQLite::Database& database, const std::vector<const core::ClosedPeriod*>& periods,
    const core::ReportQuery& query);

/// As core::BillingSource::tasks_ruled_by.
[[nodiscard]] std::vector<std::int64_t> tasks_ruled_by(SQLite::Database& database,
                                                       const core::ClosedPeriod& closed,
                                                       const core::ReportQuery& query);

}  // namespace storage
