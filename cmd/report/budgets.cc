#include "cmd/report/budgets.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/report/period_forecast.h"
#include "cmd/report/report_plan.h"
#include "core/billing/reports.h"
#include "core/error.h"
#include "core/text/printable.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

using Budgets = std::map<std::string, FileBudget, std::less<>>;

// Whether some budget is for costs of these tasks in that currency.
bool has_budget(const Budgets& budgets, const core::LabelFilter& labels,
                const std::string& currency) {
  return std::any_of(budgets.begin(), budgets.end(), [&](const auto& one) {
    return one.second.labels == labels && one.second.currency == currency;
  });
}

BudgetState state_of(const std::string& name, const Budgets& budgets, const std::string& month,
                     const PeriodForecast::Part& part, const core::DaysOver& days) {
  const FileBudget& budget = budgets.at(name);
  BudgetState state{.name = name,
                    .budget = budget,
                    .month = month,
                    .used = {},
                    .estimate = {},
                    .unpriced = part.unpriced};
  for (const auto& [currency, cost] : part.cost) {
    if (currency == budget.currency) {
      state.used = cost.so_far;
      state.estimate = core::estimate(cost, days, estimate_places(currency));
    } else if (!has_budget(budgets, budget.labels, currency)) {
      state.has_other_currencies = true;
    }
  }
  return state;
}

// What the tasks of each budget cost, by its name. The month is read once for all.
std::map<std::string, PeriodForecast::Part> costs_of(const Budgets& budgets, const ReportPlan& plan,
                                                     core::Reports& reports,
                                                     const core::DaysOver& days) {
  std::map<std::string, PeriodForecast::Part> costs;
  core::ReportQuery query = plan.query;
  query.labels = std::any_of(budgets.begin(), budgets.end(),
                             [](const auto& one) { return !one.second.labels.empty(); });
  reports.sum_lines(query, plan.pricing(), plan.zone,
                    [&](const core::ReportLine& line, std::int64_t times) {
                      for (const auto& [name, budget] : budgets) {
                        if (core::passes(line.task.labels, budget.labels)) {
                          costs[name].add(line, times, days, plan.zone);
                        }
                      }
                    });
  return costs;
}

// "budget acme (customer=ACME) of 5000 USD in 2026-10".
std::string title_of(const BudgetState& state) {
  constexpr std::size_t kShownMax = 200;
  const std::string tasks = core::filter_text(state.budget.labels);
  return "budget " + core::printable(state.name, kShownMax) +
         (tasks.empty() ? "" : " (" + core::printable(tasks, kShownMax) + ")") + " of " +
         state.budget.amount.text() + " " + state.budget.currency + " in " + state.month;
}

}  // namespace

std::vector<BudgetState> budget_states(const Settings& settings, core::UtcTime now) {
  std::vector<BudgetState> states;
  const Budgets& budgets = settings.file().budgets;
  if (budgets.empty()) {
    return states;
  }
  const std::string& zone = settings.text("tz");
  const ReportOptions options{.ledger = ledger_path(settings),
                              .period = core::TimeZone(zone).day(now).substr(0, core::kMonthLength),
                              .zone = zone,
                              .prices = settings.given_text("prices").value_or(""),
                              .quota_per_unit = settings.count("quota-per-unit"),
                              .round = rounding_of(settings)};
  ReportPlan plan(options);
  if (!plan.prices) {
    throw core::UsageError("budgets need a price book; name it by --prices");
  }
  core::Reports reports(storage::open_billing_source(options.ledger));
  const core::DaysOver days = days_heard_of(plan, reports);
  auto costs = costs_of(budgets, plan, reports, days);
  for (const auto& [name, budget] : budgets) {
    states.push_back(state_of(name, budgets, plan.period.name, costs[name], days));
  }
  return states;
}

std::vector<std::string> budget_warnings(const std::vector<BudgetState>& states) {
  std::vector<std::string> warnings;
  for (const BudgetState& state : states) {
    const std::string& currency = state.budget.currency;
    if (state.is_exceeded()) {
      warnings.push_back(title_of(state) + " is exceeded: " + state.used.text() + " " + currency +
                         " are used");
    } else if (state.will_be_exceeded()) {
      warnings.push_back(title_of(state) + " will probably be exceeded: " + state.used.text() +
                         " " + currency + " are used, " + state.estimate->text() +
                         " by the end of the month");
    }
    if (state.unpriced > 0) {
      warnings.push_back(title_of(state) + ": " +
                         format_count(static_cast<std::uint64_t>(state.unpriced), "line") +
                         " without a cost, not in it; complete the price book");
    }
    if (state.has_other_currencies) {
      warnings.push_back(
          title_of(state) +
          " lacks what these tasks cost in other currencies; make a budget for each");
    }
  }
  return warnings;
}

}  // namespace cmd
