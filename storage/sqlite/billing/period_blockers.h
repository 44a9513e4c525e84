// The tasks of a period that keep it from being closed, found in SQLite.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "core/billing/billing_source.h"
#include "storage/sqlite/stored_numbers.h"

namespace storage {

/// Throws SQLite::Exception.
[[nodiscard]] core::PeriodBlockers find_period_blockers(SQLite::Database& database,
                                                        const core::Period& period,
                                                        core::UtcTime stale_before);

/// SQL for the time that puts an unfinished task into a period, and for the unfinished ones of the
/// period from ?2 to ?3, to go on with " AND …".
inline constexpr const char* kSubmitted = "ifnull(submit_time, first_seen)";
inline const std::string kUnfinishedOfPeriod =
    "task INDEXED BY task_unfinished WHERE state = " + sql_number(core::TaskState::unfinished) +
    " AND ifnull(submit_time, first_seen) >= ?2 AND "
    "ifnull(submit_time, first_seen) < ?3 AND task.id NOT IN (SELECT task FROM forgotten)";

}  // namespace storage
