// What billing reports show of a ledger: lines of a period in their order, or summed up.
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

/// Each finished task is in one place of time: its frozen lines where they were closed, what
/// became known since at the first instant of the next open period (core/billing/adjustments.h),
/// and all others at their own time. So the reports of neighbouring periods add up to the ledger
/// (B10). By submit time a report shows tasks as they are now, whatever was closed.
///
/// Of one state of the ledger, as its source. Everything throws core::Error when that cannot be
/// read. One thread.
class Reports {
 public:
  explicit Reports(std::unique_ptr<BillingSource> source) : source_(std::move(source)) {}

  [[nodiscard]] BillingSource& source() const { return *source_; }
  /// By begin.
  [[nodiscard]] const std::vector<ClosedPeriod>& closed_periods() const {
    return source_->closed_periods();
  }

  /// Calls `visit` with each line, by time, then task ID, then account. `pricing` and `zone` are
  /// for tasks that no closed period rules; `pricing.round_places` for all. Memory: as many tasks
  /// as share an instant, and all adjustments.
  void each_line(const ReportQuery& query, const Pricing& pricing, const TimeZone& zone,
                 const std::function<void(const ReportLine&)>& visit);
  /// The same lines for sums: those that are alike (core/billing/task_groups.h) come once, with
  /// their number, in no order and without what tells one from another. One call at a time, but not
  /// all from the caller's thread.
  void sum_lines(const ReportQuery& query, const Pricing& pricing, const TimeZone& zone,
                 const std::function<void(const ReportLine&, std::int64_t)>& visit);
  /// The names of the labels of these lines, sorted.
  [[nodiscard]] std::vector<std::string> label_names(const ReportQuery& query);
  /// The keys of the closed periods that lines of the query correct.
  [[nodiscard]] std::set<std::int64_t> corrected_periods(const ReportQuery& query);
  /// What is wrong with the closings that the query rests on: those within it, and all if any
  /// instant of it is open. Besides, price books of periods that it corrects that lack prices of
  /// their lines.
  [[nodiscard]] std::vector<std::string> closing_findings(const ReportQuery& query);

 private:
  [[nodiscard]] const std::vector<ClosedPeriod>& closed_for(const ReportQuery& query) const;
  [[nodiscard]] const std::vector<OwnedLine>& adjustments_for(const ReportQuery& query);

  std::unique_ptr<BillingSource> source_;
  std::optional<ReportQuery> adjusted_query_;
  std::vector<OwnedLine> adjustments_;  // of that query
};

}  // namespace core
