#include "cmd/report/month_before.h"

#include <chrono>
#include <vector>

#include "cmd/report/closed_periods.h"

namespace cmd {
namespace {

constexpr std::chrono::hours kIntoMonthBefore(12);  // less than any local day

// Null if it is open, or if the report does not ask for what was closed.
const core::ClosedPeriod* closing_of(const std::string& name, const ReportPlan& plan,
                                     const std::vector<core::ClosedPeriod>& closed) {
  return plan.query.time == core::ReportTime::submit ? nullptr
                                                     : core::closed_period_named(closed, name);
}

}  // namespace

std::optional<MonthBefore> read_month_before(const ReportPlan& plan, core::Reports& reports) {
  if (plan.period.length != core::PeriodLength::month || plan.period.begin <= core::UtcTime()) {
    return std::nullopt;
  }
  const std::string name =
      plan.zone.day(plan.period.begin - kIntoMonthBefore).substr(0, core::kMonthLength);
  MonthBefore before{.period = core::parse_period(name, plan.zone),
                     .closed = closing_of(name, plan, reports.closed_periods()),
                     .all = {},
                     .by_model = {}};
  if (before.closed != nullptr) {
    before.period = before.closed->period;
  }
  core::ReportQuery query = plan.query;
  query.begin = before.period.begin;
  query.end = before.period.end;
  query.videos = false;
  query.labels = false;
  if (before.closed != nullptr) {
    require_unchanged_periods(reports, query);  // the page says that these are its figures
  }
  reports.sum_lines(query, plan.pricing(), plan.zone,
                    [&before](const core::ReportLine& line, std::int64_t times) {
                      Figures one;
                      one.add(line);
                      before.all.add(one, times);
                      before.by_model[line.task.facts.model].add(one, times);
                    });
  return before;
}

}  // namespace cmd
