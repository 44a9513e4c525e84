// The statements that close a period and that reprice one.
#pragma once

#include <string>

#include "storage/statements/task_rules.h"

namespace storage {

/// The unfinished tasks, as `t`, of the period from $1 to $2; can be continued with " AND …".
inline const std::string kUnfinishedOfPeriod = "task AS t {by task_unfinished} WHERE " + kIsOpen +
                                               " AND " + kTaskSince + " >= $1 AND " + kTaskSince +
                                               " < $2";

/// Of those, the tasks that were old by $3.
inline const std::string kStaleOfPeriod =
    "SELECT t.id FROM " + kUnfinishedOfPeriod + " AND " + kTaskSince + " < $3";

inline constexpr const char* kNextPeriod = "SELECT coalesce(max(id), 0) + 1 FROM period";
inline constexpr const char* kNextLine = "SELECT coalesce(max(id), 0) + 1 FROM report_line";
inline constexpr const char* kLastSnapshot = "SELECT coalesce(max(id), 0) FROM snapshot";

inline constexpr const char* kAddPeriod =
    "INSERT INTO period (id, name, begins_at, ends_at, tz, prices, closed_at, line_count, sha256, "
    "unfinished, missing, schema_version, checked_to) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
/// Adds a closing to the chain.
inline constexpr const char* kAddClosing =
    "INSERT INTO closing (period, name, begins_at, ends_at, sha256, previous_sha256) "
    "VALUES ($1, $2, $3, $4, $5, (SELECT sha256 FROM closing ORDER BY period DESC LIMIT 1))";
/// $1: the snapshot up to which the closed period $2 has taken answers into account.
inline constexpr const char* kMoveMark = "UPDATE period SET checked_to = $1 WHERE id = $2";
/// The price books of the closed period $1 whose changes no period holds yet.
inline constexpr const char* kUncarried =
    "SELECT id FROM repricing WHERE period = $1 AND carried_by IS NULL";
/// $1: the period whose lines include the changes of later prices in the period $2.
inline constexpr const char* kCarryRepricings =
    "UPDATE repricing SET carried_by = $1 WHERE period = $2 AND carried_by IS NULL";

}  // namespace storage
