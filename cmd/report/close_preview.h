// What closing a period would find: `close --dry-run`.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/report/report_plan.h"
#include "cmd/report/report_totals.h"
#include "core/billing/billing_source.h"
#include "core/billing/closed_period.h"
#include "core/domain/money.h"

namespace cmd {

/// A closed period next to another one.
struct Neighbour {
  std::string name;
  std::string zone;
};
/// The last closed period that ends by the beginning of `period`, and the first that begins at or
/// after its end. `closed` is sorted by begin.
[[nodiscard]] std::vector<Neighbour> neighbours_of(const core::Period& period,
                                                   const std::vector<core::ClosedPeriod>& closed);

/// What the gateway's log has of a period, in short. Amounts are its quota.
struct LogComparison {
  core::Decimal ours;
  core::Decimal theirs;
  std::uint64_t matched = 0;
  std::uint64_t differing = 0;  ///< what reconcile exits with 3 for
  std::uint64_t unfinished = 0;
  std::uint64_t other_period = 0;
  bool is_fine = false;
};

struct ClosePreview {
  ReportTotals totals{};
  std::map<std::string, ReportTotals::Part> customers{};  ///< by the customer's name; "": none
  core::PeriodBlockers blockers;
  std::uint64_t missing = 0;
  std::vector<Neighbour> neighbours{};
  bool would_close = false;
  std::string invoice_id{};            ///< that is to be kept; empty: none
  std::optional<LogComparison> log{};  ///< none: the gateway's log was not compared
};

void say_preview(const ClosePreview& found, const ReportPlan& plan, bool json, std::ostream& out);

}  // namespace cmd
