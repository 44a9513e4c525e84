// Why a period cannot or should not be closed, and what to do about it.
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

/// A reason that cannot be overridden: the period overlaps a closed one. Empty if it does not.
[[nodiscard]] std::string overlap_text(const ReportPlan& plan,
                                       const std::vector<core::ClosedPeriod>& closed);

/// Hours between the period and its closed neighbours that would belong to no period, or whose
/// tasks are not closed. Empty if there are none.
[[nodiscard]] std::string gap_text(const ReportPlan& plan, core::Reports& reports);

/// Tasks that may still change, and the commands that query them: `account` is the one that
/// commands use without --account. Empty if there are none.
[[nodiscard]] std::string blockers_text(const core::PeriodBlockers& blockers,
                                        const std::string& account, core::UtcTime now);

/// "a, b and 3 more".
[[nodiscard]] std::string names_text(const core::BlockingTasks& tasks);

/// The lines of a period that have no cost.
class UnpricedLines {
 public:
  void add(const core::ReportLine& line);
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// By model and reason, with the remedy. `closed`: the periods that some of the lines correct.
  [[nodiscard]] std::string text(const std::vector<core::ClosedPeriod>& closed) const;

 private:
  std::int64_t count_ = 0;
  std::map<std::tuple<std::string, std::string>, std::int64_t> reasons_;  // by model and note
  std::map<std::int64_t, std::int64_t> incurred_;  // by the key of a closed period
};

/// The priced lines of a period that have no cost in its billing currency.
class UnconvertedLines {
 public:
  void add(const core::ReportLine& line);
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// By reason.
  [[nodiscard]] std::string text() const;

 private:
  std::int64_t count_ = 0;
  std::string currency_;
  std::map<std::string, std::int64_t> reasons_;
};

}  // namespace cmd
