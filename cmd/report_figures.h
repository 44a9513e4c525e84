// What a period comes to, for the page that people look at.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/billing.h"
#include "core/money.h"
#include "core/period.h"
#include "storage/reports.h"

namespace cmd {

/// Tasks and money of a day, a model, a label's value, or all. The tasks of lines that take others
/// back count negative, so that figures of neighbouring periods add up.
struct Figures {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t unpriced = 0;                  ///< lines without a cost
  std::map<std::string, core::Decimal> cost;  ///< by currency

  [[nodiscard]] std::int64_t tasks() const { return succeeded + failed; }
  void add(const core::ReportLine& line);
};

/// How long something took, over many tasks.
struct Durations {
  std::vector<std::int64_t> seconds;
  /// The smallest value that `percent` of all do not exceed; 0 without values. Sorts.
  [[nodiscard]] std::int64_t percentile(int percent);
};

class ReportFigures {
 public:
  explicit ReportFigures(const core::TimeZone& zone) : zone_(zone) {}

  void add(const core::ReportLine& line);

  Figures all;
  Figures lost;  ///< paid, but a link died before the video was fetched
  std::map<std::string, Figures> by_day;
  std::map<std::string, Figures> by_model;
  std::map<std::string, std::map<std::string, Figures>> by_label;  ///< name, then value
  std::map<std::string, std::int64_t> failures;                    ///< tasks by reason
  Durations queued;                                                ///< from submit to start
  Durations generated;                                             ///< from start to finish

 private:
  const core::TimeZone& zone_;
};

}  // namespace cmd
