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

/// An exact sum of costs. The sum of no lines is unknown, which is different from 0.
struct CostSum {
  core::Decimal amount;
  std::int64_t lines = 0;
};

/// Tasks and money of a day, a model, a label's value, or of everything. The tasks of reversals
/// count negative, so that the figures of all periods add up.
struct Figures {
  std::int64_t lines = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t not_refunded = 0;        ///< of `failed`: the final answer still has a quota
  std::int64_t unpriced = 0;            ///< lines with an unknown cost
  std::map<std::string, CostSum> cost;  ///< of the priced lines, by currency

  [[nodiscard]] std::int64_t tasks() const { return succeeded + failed; }
  void add(const core::ReportLine& line);
  /// Adds `more` `times` times; -1 subtracts it, and removes a currency with its last line.
  void add(const Figures& more, std::int64_t times = 1);
};

/// What videos cost, and how long they are. Videos that another account pays for do not count, and
/// neither do adjustments, which would mix the videos of another period into the means.
struct VideoCosts {
  core::Decimal cost;        ///< of successful tasks
  std::int64_t videos = 0;   ///< those with a price
  core::Decimal timed_cost;  ///< the part of `cost` of tasks with a length
  core::Decimal seconds;     ///< their lengths
  void add(const core::ReportLine& line);
  void add(const VideoCosts& more);
};

/// Durations of many tasks.
struct Durations {
  std::vector<std::int64_t> seconds;
  /// The smallest value that at least `percent` percent of all values do not exceed; 0 without
  /// values. Sorts.
  [[nodiscard]] std::int64_t percentile(int percent);
};

/// Costs by currency, then model.
using ModelCosts = std::map<std::string, std::map<std::string, core::Decimal>>;

class ReportFigures {
 public:
  /// `closed`: the periods that lines may correct. Both arguments must outlive the figures.
  ReportFigures(const core::TimeZone& zone, const std::vector<core::ClosedPeriod>& closed)
      : zone_(zone), closed_(closed) {}

  void add(const core::ReportLine& line);

  Figures all;
  Figures lost;                                   ///< paid, but a link expired before the download
  std::map<std::string, Figures> by_day;          ///< without adjustments, which belong to no day
  std::map<std::string, ModelCosts> model_costs;  ///< of the same days
  std::map<std::string, Figures> by_closed_period;  ///< adjustments, by corrected period
  std::map<std::string, Figures> by_model;
  std::map<std::string, std::map<std::string, VideoCosts>> video_costs;  ///< by currency, model
  std::map<std::string, std::map<std::string, Figures>> by_label;        ///< name, then value
  std::map<std::string, std::int64_t> failures;                          ///< tasks by reason
  Durations queued;                                                      ///< from submit to start
  Durations generated;                                                   ///< from start to finish

 private:
  void add_costs(const core::ReportLine& line);
  [[nodiscard]] std::string closed_period(std::int64_t key) const;

  const core::TimeZone& zone_;
  const std::vector<core::ClosedPeriod>& closed_;
};

}  // namespace cmd
