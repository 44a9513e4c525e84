// The tasks whose closed lines may need corrections.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/statements/rows.h"

namespace storage {

/// Selects the tasks with a final answer after the snapshot $1, and with lines, or without a finish
/// time, or with one in [$2, $3).
[[nodiscard]] std::string answered_text(const core::ReportQuery& query);
/// The tasks with lines that belong to the closed period $1.
[[nodiscard]] std::string ruled_by_text(const core::ReportQuery& query);

template <RowSource Rows>
[[nodiscard]] std::vector<std::int64_t> task_keys(Rows& source, const std::string& text,
                                                  std::initializer_list<std::int64_t> values) {
  auto rows = source.select(text, values);
  std::vector<std::int64_t> tasks;
  while (rows.step()) {
    tasks.push_back(rows.integer(0));
  }
  return tasks;
}

/// See core::BillingSource::answered_since.
template <RowSource Rows>
[[nodiscard]] std::vector<std::int64_t> tasks_answered_since(
    Rows& source, const std::vector<const core::ClosedPeriod*>& periods,
    const core::ReportQuery& query) {
  std::int64_t checked_to = std::numeric_limits<std::int64_t>::max();
  core::UtcTime begin = core::UtcTime::max();
  core::UtcTime end = core::UtcTime::min();
  for (const core::ClosedPeriod* closed : periods) {
    checked_to = std::min(checked_to, closed->checked_to);
    begin = std::min(begin, closed->period.begin);
    end = std::max(end, closed->period.end);
  }
  return task_keys(source, answered_text(query),
                   {checked_to, begin.time_since_epoch().count(), end.time_since_epoch().count()});
}

}  // namespace storage
