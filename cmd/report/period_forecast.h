// The cost of an open period so far and by its end, by the keys of `forecast --by`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cmd/report/report_plan.h"
#include "core/billing/forecast.h"
#include "core/billing/reports.h"
#include "core/domain/money.h"

namespace cmd {

struct PeriodForecast {
  /// Some lines.
  struct Part {
    std::int64_t tasks = 0;                          ///< without reversed ones
    std::int64_t unpriced = 0;                       ///< lines with an unknown cost
    std::map<std::string, core::PeriodCost> cost{};  ///< of the other lines, by currency

    /// Adds `times` such lines. Throws core::Error if a sum overflows.
    void add(const core::ReportLine& line, std::int64_t times, const core::DaysOver& days,
             const core::TimeZone& zone);
    void add(const Part& more);
  };

  core::DaysOver days;
  std::map<std::vector<std::string>, Part> parts;  ///< by keys

  [[nodiscard]] Part total() const;
};

/// The days of the plan's period that are over by the newest answer of the ledger, because nothing
/// is known of later ones.
[[nodiscard]] core::DaysOver days_heard_of(const ReportPlan& plan, core::Reports& reports);

/// Reads the lines of the plan's query. Throws core::Error if the ledger cannot be read or a sum
/// overflows.
[[nodiscard]] PeriodForecast forecast_period(const ReportPlan& plan, core::Reports& reports);

/// The decimals of an estimate: those of the currency, two where it has none of its own.
[[nodiscard]] int estimate_places(const std::string& currency);
/// "3.50 USD": rounded to these decimals, so that amounts stand below each other.
[[nodiscard]] std::string amount_text(const core::Decimal& exact, const std::string& currency);

}  // namespace cmd
