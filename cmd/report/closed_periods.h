// Closed billing periods as they were, and the time between them.
#pragma once

#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/period.h"
#include "core/billing/reports.h"
#include "core/clock.h"

namespace cmd {

/// Throws core::Error, which says what to do, if something is wrong with the closed periods that
/// the query shows or corrects: their frozen lines no longer give the SHA-256 of when they were
/// closed, they are not there, or what ruled them was changed.
void require_unchanged_periods(core::Reports& reports, const core::ReportQuery& query);

/// The closed periods of a ledger whose lines have another SHA-256, a line each. What else may be
/// wrong with them is storage::check_ledger's to find.
[[nodiscard]] std::vector<std::string> check_closed_periods(const std::string& ledger);

/// Time between two neighbouring closed periods.
struct PeriodGap {
  core::ClosedPeriod before;
  core::ClosedPeriod after;

  [[nodiscard]] core::UtcTime begin() const { return before.period.end; }
  [[nodiscard]] core::UtcTime end() const { return after.period.begin; }
  /// Whether whole days of one of the two zones fill it, so that they can be closed yet.
  [[nodiscard]] bool can_be_closed() const;
  /// "the 2 hours from 2026-05-31T22:00:00Z to 2026-06-01T00:00:00Z".
  [[nodiscard]] std::string text() const;
};
/// `closed` by begin, without overlaps.
[[nodiscard]] std::vector<PeriodGap> period_gaps(const std::vector<core::ClosedPeriod>& closed);

/// Hours in words and UTC.
[[nodiscard]] std::string hours_text(core::UtcTime begin, core::UtcTime end);

/// The lines that finished in a gap, and that no closed period has: a line of text for each gap
/// that has any, or that can never be closed.
[[nodiscard]] std::vector<std::string> gap_warnings(const std::string& ledger);

/// How many lines reports show from `begin` to `end`.
[[nodiscard]] std::uint64_t lines_between(core::Reports& reports, core::UtcTime begin,
                                          core::UtcTime end);

}  // namespace cmd
