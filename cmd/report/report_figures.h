// The figures of a period for the HTML report.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/period.h"
#include "core/billing/reports.h"
#include "core/domain/money.h"

namespace cmd {

/// An exact sum of costs. One of no lines is not known, which is something else than 0.
struct CostSum {
  core::Decimal amount;
  std::int64_t lines = 0;
};

/// Tasks and money of a day, a model, a label's value, or all. The tasks of lines that take others
/// back count negative, so that figures of neighbouring periods add up.
struct Figures {
  std::int64_t lines = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t not_refunded = 0;        ///< of `failed`: the final answer keeps a quota
  std::int64_t unpriced = 0;            ///< lines whose cost is not known
  std::map<std::string, CostSum> cost;  ///< by currency; of the priced lines

  [[nodiscard]] std::int64_t tasks() const { return succeeded + failed; }
  void add(const core::ReportLine& line);
  /// Adds `times` of all of `more`; -1 takes it away, and with its last line a currency.
  void add(const Figures& more, int times = 1);
};

/// How long something took, over many tasks.
struct Durations {
  std::vector<std::int64_t> seconds;
  /// The smallest value that `percent` of all do not exceed; 0 without values. Sorts.
  [[nodiscard]] std::int64_t percentile(int percent);
};

class ReportFigures {
 public:
  /// `closed`: those that lines may correct; both outlive the figures.
  ReportFigures(const core::TimeZone& zone, const std::vector<core::ClosedPeriod>& closed)
      : zone_(zone), closed_(closed) {}

  void add(const core::ReportLine& line);

  Figures all;
  Figures lost;                           ///< paid, but a link died before the video was fetched
  std::map<std::string, Figures> by_day;  ///< without adjustments, which are of no day
  std::map<std::string, Figures> by_closed_period;  ///< adjustments, by what they correct
  std::map<std::string, Figures> by_model;
  std::map<std::string, std::map<std::string, Figures>> by_label;  ///< name, then value
  std::map<std::string, std::int64_t> failures;                    ///< tasks by reason
  Durations queued;                                                ///< from submit to start
  Durations generated;                                             ///< from start to finish

 private:
  [[nodiscard]] std::string closed_period(std::int64_t key) const;

  const core::TimeZone& zone_;
  const std::vector<core::ClosedPeriod>& closed_;
};

}  // namespace cmd
