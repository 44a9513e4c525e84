// Closed periods and their lines for core::BillingSource, on a snapshot of any engine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/statements/closed_periods.h"
#include "storage/statements/closing_chain.h"
#include "storage/statements/period_books.h"
#include "storage/statements/period_chain.h"
#include "storage/statements/report_lines.h"
#include "storage/statements/task_reads.h"

namespace storage {

/// The part of core::BillingSource that reads closed periods.
template <LedgerSnapshot Snapshot>
class LineReads {
 public:
  using Rows = typename Snapshot::Rows;

  explicit LineReads(Snapshot& snapshot) : snapshot_(snapshot) {}

  [[nodiscard]] const std::vector<core::ClosedPeriod>& periods() {
    if (!closed_) {
      closed_ = read_closed_periods(snapshot_.rows(0));
    }
    return *closed_;
  }
  [[nodiscard]] std::unique_ptr<core::LineCursor> by_time(const core::ReportQuery& query) {
    return std::make_unique<GuardedCursor<Snapshot, FrozenLines<Rows>, core::OwnedLine>>(
        snapshot_, snapshot_.rows(0), query);
  }
  /// The lines of a task that no line reverses, and how often they were frozen.
  [[nodiscard]] StandingLines<Rows>& standing() {
    if (!standing_) {
      standing_.emplace(snapshot_.rows(0));
    }
    return *standing_;
  }
  /// See core::BillingSource::closing_findings.
  [[nodiscard]] std::vector<std::string> findings(core::UtcTime begin, core::UtcTime end,
                                                  const std::set<std::int64_t>& corrected) {
    Rows& rows = snapshot_.rows(0);
    std::vector<std::string> findings = lost_closings(rows, begin, end);
    for (std::string& finding : broken_links(rows)) {
      findings.push_back(std::move(finding));
    }
    for (std::string& finding : broken_period_links(rows, begin, end)) {
      findings.push_back(std::move(finding));
    }
    for (const core::ClosedPeriod& closed : periods()) {
      if (corrected.contains(closed.key) && !lines_have_their_prices(rows, closed.key)) {
        findings.push_back("closed period " + closed.period.name +
                           ": its price book does not have the prices of its lines");
      }
    }
    return findings;
  }

 private:
  Snapshot& snapshot_;
  std::optional<std::vector<core::ClosedPeriod>> closed_;
  std::optional<StandingLines<Rows>> standing_;
};

}  // namespace storage
