// The tasks of a period that keep it from being closed, found in SQLite.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "core/billing/billing_source.h"
#include "storage/sqlite/task_rules.h"

namespace storage {

/// Throws SQLite::Exception.
[[nodiscard]] core::PeriodBlockers find_period_blockers(SQLite::Database& database,
                                                        const core::Period& period,
                                                        core::UtcTime stale_before);

/// SQL for the unfinished tasks, as `t`, of the period from ?2 to ?3, to go on with " AND …".
inline const std::string kUnfinishedOfPeriod = "task AS t INDEXED BY task_unfinished WHERE " +
                                               kIsOpen + " AND " + kTaskSince + " >= ?2 AND " +
                                               kTaskSince + " < ?3";

}  // namespace storage
