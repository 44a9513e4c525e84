// The lines of a report in order: tasks, frozen lines and adjustments merged by time.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

struct LineSources {
  std::unique_ptr<TaskCursor> tasks;  ///< without those that have lines in a closed period
  std::unique_ptr<LineCursor> frozen;
  const std::vector<OwnedLine>& adjustments;  ///< by time
};

/// Calls `visit` on this thread with each line, by time, then task ID, then account, while another
/// thread reads the cursors. Tasks in the time of a closed period came late: they are left out
/// here, because they are among the adjustments. Memory: a few batches, and all lines of one
/// instant. Throws what cursors and `visit` throw.
void each_merged_line(LineSources from, const std::vector<ClosedPeriod>& closed,
                      const Pricing& pricing, const TimeZone& zone,
                      const std::function<void(const ReportLine&)>& visit);

}  // namespace core
