#include "cmd/report/budgets.h"

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

BudgetState state_of(const std::string& name, const FileBudget& budget, ReportPlan& plan,
                     core::Reports& reports, core::UtcTime now) {
  plan.query.label_filter = budget.labels;
  const PeriodForecast forecast = forecast_period(plan, reports, now);
  const PeriodForecast::Part total = forecast.total();
  BudgetState state{.name = name,
                    .budget = budget,
                    .month = plan.period.name,
                    .used = {},
                    .estimate = {},
                    .unpriced = total.unpriced};
  for (const auto& [currency, sum] : total.cost) {
    if (currency == budget.currency) {
      state.used = sum.so_far();
      state.estimate = sum.estimate(forecast.days, estimate_places(currency));
    } else {
      state.has_other_currencies = true;
    }
  }
  return state;
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
  if (settings.file().budgets.empty()) {
    return states;
  }
  const std::string& zone = settings.text("tz");
  const ReportOptions options{.ledger = ledger_path(settings),
                              .period = core::TimeZone(zone).day(now).substr(0, core::kMonthLength),
                              .zone = zone,
                              .prices = settings.given_text("prices").value_or(""),
                              .quota_per_unit = settings.count("quota-per-unit")};
  ReportPlan plan(options);
  if (!plan.prices) {
    throw core::UsageError("budgets need a price book; name it by --prices");
  }
  core::Reports reports(storage::open_billing_source(options.ledger));
  for (const auto& [name, budget] : settings.file().budgets) {
    states.push_back(state_of(name, budget, plan, reports, now));
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
      warnings.push_back(title_of(state) + ": no cost in " +
                         format_count(static_cast<std::uint64_t>(state.unpriced), "line") +
                         ", which it lacks; complete the price book");
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
