// The lines of a report in their order: tasks, frozen lines and adjustments merged by time.
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

/// Calls `visit` on this thread with each line, by time, then task ID, then account. Another thread
/// reads the cursors meanwhile. Tasks in the time of a closed period came late for it: they are
/// among the adjustments and are left out. Memory: a few batches, and as many lines as share an
/// instant. Throws what cursors and `visit` throw.
void each_merged_line(LineSources from, const std::vector<ClosedPeriod>& closed,
                      const Pricing& pricing, const TimeZone& zone,
                      const std::function<void(const ReportLine&)>& visit);

}  // namespace core
