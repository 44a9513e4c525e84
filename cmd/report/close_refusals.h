// Why a period cannot be closed, or should not be yet, in words that say what to do.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "cmd/report/report_plan.h"
#include "core/billing/billing.h"
#include "core/billing/billing_source.h"
#include "core/billing/reports.h"
#include "core/clock.h"

namespace cmd {

/// What nothing overrides: the period shares time with a closed one. Empty: it does not.
[[nodiscard]] std::string overlap_text(const ReportPlan& plan,
                                       const std::vector<core::ClosedPeriod>& closed);

/// Hours between the period and its closed neighbours that would stay in no period, or in which
/// tasks finished that are not closed. Empty: there are none.
[[nodiscard]] std::string gap_text(const ReportPlan& plan, core::Reports& reports);

/// Tasks that may still change, and the commands that ask for them: `account` is the one that
/// commands use without --account. Empty: there are none.
[[nodiscard]] std::string blockers_text(const core::PeriodBlockers& blockers,
                                        const std::string& account, core::UtcTime now);

/// "a, b and 3 more".
[[nodiscard]] std::string names_text(const core::BlockingTasks& tasks);

/// The lines of a period that lack their cost.
class UnpricedLines {
 public:
  void add(const core::ReportLine& line);
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// By model and reason, and what to do. `closed`: whose lines some of them correct.
  [[nodiscard]] std::string text(const std::vector<core::ClosedPeriod>& closed) const;

 private:
  std::int64_t count_ = 0;
  std::map<std::tuple<std::string, std::string>, std::int64_t> reasons_;  // by model and note
  std::map<std::int64_t, std::int64_t> incurred_;  // by the key of a closed period
};

}  // namespace cmd
