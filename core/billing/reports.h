// The content of billing reports: the lines of a period in order, or their sums.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"

namespace core {

/// What lines have beside their cost.
struct ShownTerms {
  bool conversions = false;  ///< a cost in a billing currency
  bool resale = false;       ///< what the customer pays, and the margin
};

/// Each finished task belongs to one place in time: its frozen lines to the period in which they
/// were closed, later changes to the first instant of the next open period
/// (core/billing/adjustments.h), and all other tasks to their own time. So the reports of all
/// periods add up to the ledger (B10). A report by submit time shows tasks in their current state,
/// whatever was closed.
///
/// A ladder of the price book (core/billing/ladder.h) counts all tasks of a calendar month of the
/// report's zone that have no place in a closed period, by time, then task ID, then account: those
/// before the query's begin and of other accounts and labels, too.
///
/// Like its source, an object shows one state of the ledger. Every method throws core::Error if it
/// cannot be read. One thread.
class Reports {
 public:
  explicit Reports(std::unique_ptr<BillingSource> source) : source_(std::move(source)) {}

  [[nodiscard]] BillingSource& source() const { return *source_; }
  /// Sorted by begin.
  [[nodiscard]] const std::vector<ClosedPeriod>& closed_periods() const {
    return source_->closed_periods();
  }

  /// Calls `visit` with each line, by time, then task ID, then account. `pricing` and `zone` apply
  /// to tasks without a closed period; `pricing.round` applies to all. Lines have the terms of
  /// their periods (line_terms.h). Memory: all adjustments.
  void each_line(const ReportQuery& query, const Pricing& pricing, const TimeZone& zone,
                 const std::function<void(const ReportLine&)>& visit);
  /// The same lines without any terms and rounding, as they are frozen.
  void each_exact_line(const ReportQuery& query, const Pricing& pricing, const TimeZone& zone,
                       const std::function<void(const ReportLine&)>& visit);
  /// The same lines as each_line for sums: equal ones (core/billing/task_groups.h) come once, with
  /// their number, in any order and without the values that differ; with ladders one by one.
  /// `visit` is called from several threads, one call at a time.
  void sum_lines(const ReportQuery& query, const Pricing& pricing, const TimeZone& zone,
                 const std::function<void(const ReportLine&, std::int64_t)>& visit);
  /// What these lines have by the terms of the report or of a closed period in it.
  [[nodiscard]] ShownTerms shown_terms(const ReportQuery& query, const Pricing& pricing) const;
  /// The label names of these lines, sorted.
  [[nodiscard]] std::vector<std::string> label_names(const ReportQuery& query);
  /// The keys of the closed periods that lines of the query correct.
  [[nodiscard]] std::set<std::int64_t> corrected_periods(const ReportQuery& query);
  /// Faults of the closings on which the query depends: those within it, and all if any instant of
  /// it is open. Also faults of the price books of periods that it corrects.
  [[nodiscard]] std::vector<std::string> closing_findings(const ReportQuery& query);

 private:
  [[nodiscard]] const std::vector<ClosedPeriod>& closed_for(const ReportQuery& query) const;
  [[nodiscard]] const std::vector<OwnedLine>& adjustments_for(const ReportQuery& query);

  std::unique_ptr<BillingSource> source_;
  std::optional<ReportQuery> adjusted_query_;
  std::vector<OwnedLine> adjustments_;  // of that query
};

}  // namespace core
