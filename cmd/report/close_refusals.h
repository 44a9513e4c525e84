// Why a period cannot or should not be closed, and what to do about it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
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

/// Tiers count a calendar month: what another period of it has charged is not known later. Throws
/// core::UsageError if the book, of that file, has tiers and the period is none.
void require_whole_month(const core::PriceBook& book, const std::string& file,
                         const core::Period& period);

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
  /// How many of them correct no closed period, so that the report's own price book rules them.
  [[nodiscard]] std::int64_t own() const;
  /// By model and reason, with the remedy. `closed`: the periods that some of the lines correct.
  [[nodiscard]] std::string text(const std::vector<core::ClosedPeriod>& closed) const;

 private:
  void take_back(const core::ReportLine& line);

  std::int64_t count_ = 0;
  std::map<std::tuple<std::string, std::string>, std::int64_t> reasons_;  // by model and note
  std::map<std::int64_t, std::int64_t> corrected_;  // by the key of a closed period
};

/// The lines of a period that lack what its terms promise.
class LackingLines {
 public:
  /// `lack`: "no cost in EUR".
  explicit LackingLines(std::string lack) : lack_(std::move(lack)) {}

  /// `lines`: 1, or -1 for the reversal of such a line.
  void add(const std::string& reason, std::int64_t lines) {
    count_ += lines;
    if ((reasons_[reason] += lines) == 0) {
      reasons_.erase(reason);
    }
  }
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// By reason.
  [[nodiscard]] std::string text() const;

 private:
  std::string lack_;
  std::int64_t count_ = 0;
  std::map<std::string, std::int64_t> reasons_;
};

/// What lines lack by the terms of a report.
class LackingTerms {
 public:
  explicit LackingTerms(const core::Terms& terms);

  void add(const core::ReportLine& line);
  [[nodiscard]] const LackingLines& unconverted() const { return unconverted_; }
  [[nodiscard]] const LackingLines& unsold() const { return unsold_; }

 private:
  LackingLines unconverted_;
  LackingLines unsold_{"no resale price"};
};

}  // namespace cmd
