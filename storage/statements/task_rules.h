// Rules that statements apply to many rows at once, each defined once. Rules for a single task are
// in core/domain/lifecycle.h. Texts as in storage/statements/dialect.h.
#pragma once

#include <string>

namespace storage {

/// An expression over `task` as `t`: the time that decides whether an unfinished task is stale
/// (core::is_stale), and to which period it belongs.
inline const std::string kTaskSince = "coalesce(t.submit_time, t.first_seen)";
/// A condition on `task` as `t`, unless it is finished: asked no more. `before`: the parameter for
/// core::stale_before.
[[nodiscard]] inline std::string is_stale(const char* before) {
  return kTaskSince + " < " + before;
}
inline const std::string kIsStale = is_stale("$2");
/// A condition on `task` as `t`: unfinished, and not taken back.
inline const std::string kIsOpen = "t.state = 0 AND t.id NOT IN (SELECT task FROM forgotten)";

/// A select of the account's pending tasks: {task, settled}; `settled` 1: only its videos are
/// wanted. A task may come twice. Parameters: $1 the account's row, $2 core::stale_before.
///
/// The last part starts at the wanted videos: SQLite would start at all tasks of the account. A
/// link that was pruned with its answer is requested again.
inline const std::string kPendingTasks =
    "SELECT t.id AS task, 0 AS settled FROM task AS t {by task_unfinished} WHERE " + kIsOpen +
    " AND t.account = $1 AND NOT (" + kIsStale +
    ") UNION ALL SELECT u.task, 0 FROM unsettled AS u JOIN task AS t ON t.id = u.task "
    "WHERE t.account = $1 "
    "UNION ALL SELECT v.task, min(CASE WHEN s.block IS NULL THEN 0 ELSE 1 END) FROM video AS v {by "
    "video_wanted} "
    "{then} task AS t ON t.id = v.task JOIN snapshot AS s ON s.id = v.snapshot "
    "WHERE v.state = 0 AND t.account = $1 GROUP BY v.task";

/// Of the work list, without its SELECT: tasks of the account $1 that are to be queried, but for
/// those that are known to be submitted before $2.
inline const std::string kTasksToAsk =
    "FROM work AS w {then} task AS t ON t.id = w.task WHERE w.settled = 0 AND t.account = $1 AND "
    "(t.submit_time IS NULL OR t.submit_time >= $2)";

}  // namespace storage
