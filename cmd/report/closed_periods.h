// Checks that closed billing periods are unchanged, and finds the gaps between them.
#pragma once

#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/period.h"
#include "core/billing/reports.h"
#include "core/clock.h"

namespace cmd {

/// Throws core::Error, which says what to do, if a closed period that the query shows or corrects
/// was changed: its frozen lines no longer have the SHA-256 of the closing, it is missing, or data
/// on which it depends was changed.
void require_unchanged_periods(core::Reports& reports, const core::ReportQuery& query);

/// The closed periods whose lines have another SHA-256, one line each. storage::check_ledger finds
/// all other faults.
[[nodiscard]] std::vector<std::string> check_closed_periods(const std::string& ledger);

/// Time between two neighbouring closed periods.
struct PeriodGap {
  core::ClosedPeriod before;
  core::ClosedPeriod after;

  [[nodiscard]] core::UtcTime begin() const { return before.period.end; }
  [[nodiscard]] core::UtcTime end() const { return after.period.begin; }
  /// Whether whole days of one of the two zones fit into it, so that it can still be closed.
  [[nodiscard]] bool can_be_closed() const;
  /// "the 2 hours from 2026-05-31T22:00:00Z to 2026-06-01T00:00:00Z".
  [[nodiscard]] std::string text() const;
};
/// `closed`: sorted by begin, without overlaps.
[[nodiscard]] std::vector<PeriodGap> period_gaps(const std::vector<core::ClosedPeriod>& closed);

/// The length of a time span in words, and its ends in UTC.
[[nodiscard]] std::string hours_text(core::UtcTime begin, core::UtcTime end);

/// A line of text for each gap that has lines which no closed period has, or that can never be
/// closed.
[[nodiscard]] std::vector<std::string> gap_warnings(const std::string& ledger);

/// How many lines reports show from `begin` to `end`.
[[nodiscard]] std::uint64_t lines_between(core::Reports& reports, core::UtcTime begin,
                                          core::UtcTime end);

}  // namespace cmd
