// How much a run with --pending would do, counted; kPendingTasks selects the same tasks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger_reader.h"
#include "storage/statements/account_names.h"
#include "storage/statements/rows.h"
#include "storage/statements/task_rules.h"

namespace storage {

/// {tasks to be queried, videos to be downloaded}. Parameters: $1 the account's row, $2
/// core::stale_before. Unsettled tasks are finished, open ones are not; a task of which only a
/// video is wanted is queried if its answer was pruned.
inline const std::string kPendingCounts =
    "SELECT (SELECT count(*) FROM task AS t {by task_unfinished} WHERE " + kIsOpen +
    " AND t.account = $1 AND NOT (" + kIsStale +
    ")) + (SELECT count(*) FROM unsettled AS u JOIN task AS t ON t.id = u.task "
    "WHERE t.account = $1) + (SELECT count(DISTINCT v.task) FROM video AS v {by video_wanted} "
    "{then} task AS t ON t.id = v.task JOIN snapshot AS s ON s.id = v.snapshot "
    "WHERE v.state = 0 AND s.block IS NULL AND t.account = $1 "
    "AND NOT EXISTS (SELECT 1 FROM unsettled AS u WHERE u.task = t.id) AND NOT (" +
    kIsOpen + " AND NOT (" + kIsStale +
    "))), (SELECT count(*) FROM video AS v {by video_wanted} {then} task AS t ON t.id = v.task "
    "WHERE v.state = 0 AND t.account = $1)";

/// By account; those without any are left out.
template <RowSource Rows>
[[nodiscard]] std::vector<core::PendingWork> read_pending_counts(Rows& source,
                                                                 core::UtcTime stale_before) {
  std::vector<core::PendingWork> all;
  auto counts = source.select(kPendingCounts, {0, 0});
  for (const auto& [name, key] : account_keys(source)) {
    counts.restart({key, stale_before.time_since_epoch().count()});
    if (!counts.step()) {
      continue;
    }
    core::PendingWork work{.account = name,
                           .tasks = static_cast<std::uint64_t>(counts.integer(0)),
                           .videos = static_cast<std::uint64_t>(counts.integer(1))};
    if (work.tasks + work.videos > 0) {
      all.push_back(work);
    }
  }
  return all;
}

}  // namespace storage
