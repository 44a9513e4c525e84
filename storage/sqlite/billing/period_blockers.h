// The tasks of a period that keep it from being closed: more may become known of them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/clock.h"

namespace storage {

struct TaskName {
  std::string account;
  std::string task_id;
};

struct BlockingTasks {
  static constexpr std::size_t kNamed = 5;
  std::uint64_t count = 0;
  std::vector<TaskName> first;     ///< the first kNamed of them, the oldest first
  std::set<std::string> accounts;  ///< of all
  core::UtcTime oldest = core::UtcTime::max();
};

struct PeriodBlockers {
  BlockingTasks running;    ///< unfinished, by submit time, else first seen
  BlockingTasks stale;      ///< the same, but older than what is asked about by itself
  BlockingTasks unsettled;  ///< finished, by finish time: to be asked once more for their quota
};

/// Of [begin, end). Throws core::Error when the ledger cannot be read.
[[nodiscard]] PeriodBlockers find_period_blockers(const std::string& path, core::UtcTime begin,
                                                  core::UtcTime end, core::UtcTime stale_before);

/// SQL for the time that puts an unfinished task into a period, and for the unfinished ones of the
/// period from ?2 to ?3, to go on with " AND …".
inline constexpr const char* kSubmitted = "ifnull(submit_time, first_seen)";
inline constexpr const char* kUnfinishedOfPeriod =
    "task INDEXED BY task_unfinished WHERE state = 0 AND ifnull(submit_time, first_seen) >= ?2 AND "
    "ifnull(submit_time, first_seen) < ?3 AND task.id NOT IN (SELECT task FROM forgotten)";

}  // namespace storage
