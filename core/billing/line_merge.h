// The lines of a report in order: tasks, frozen lines and adjustments merged by time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

struct LineSources {
  std::unique_ptr<TaskCursor> tasks;  ///< without those that have lines in a closed period
  std::unique_ptr<LineCursor> frozen;
  const std::vector<OwnedLine>& adjustments;  ///< by time
  /// The tasks and frozen lines of one instant once more, by task ID, then account.
  std::function<std::unique_ptr<TaskCursor>(UtcTime)> tasks_at;
  std::function<std::unique_ptr<LineCursor>(UtcTime)> frozen_at;
  /// An instant with more tasks, or more frozen lines, is read again by these.
  std::size_t instant_max = 2048;
};

/// Calls `visit` on this thread with each line, by time, then task ID, then account, while another
/// thread reads the cursors. Tasks in the time of a closed period came late: they are left out
/// here, because they are among the adjustments. Memory: a few batches, and up to `instant_max`
/// tasks and lines of one instant. Throws what cursors and `visit` throw.
void each_merged_line(LineSources from, const std::vector<ClosedPeriod>& closed,
                      const Pricing& pricing, const TimeZone& zone,
                      const std::function<void(const ReportLine&)>& visit);

}  // namespace core
