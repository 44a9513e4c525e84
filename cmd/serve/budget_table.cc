#include "cmd/serve/budget_table.h"

#include "cmd/cli/units.h"
#include "cmd/report/html_text.h"
#include "cmd/report/period_forecast.h"
#include "cmd/serve/page_text.h"

namespace cmd {
namespace {

std::string state_text(const BudgetState& state) {
  std::string text = state.is_exceeded()        ? "<span class=\"warn\">exceeded</span>"
                     : state.will_be_exceeded() ? "<span class=\"warn\">will be exceeded</span>"
                                                : "";
  if (state.unpriced > 0) {
    text += (text.empty() ? "" : ", ") +
            format_count(static_cast<std::uint64_t>(state.unpriced), "line") + " without a cost";
  }
  if (state.has_other_currencies) {
    text += std::string(text.empty() ? "" : ", ") + "without costs in other currencies";
  }
  return text;
}

}  // namespace

std::string budget_table(const std::vector<BudgetState>& budgets, const std::string& trouble) {
  if (!trouble.empty()) {
    return "<p class=\"warn\">" + html_escape(trouble) + "</p>\n";
  }
  std::string html = table_begin("Budgets", "budgets") +
                     "<tr><th>budget</th><th>tasks</th><th class=\"n\">used</th>"
                     "<th class=\"n\">of</th><th class=\"n\">by the end of the month</th>"
                     "<th></th></tr>\n";
  for (const BudgetState& state : budgets) {
    const std::string& currency = state.budget.currency;
    const std::string tasks = core::filter_text(state.budget.labels);
    html += "<tr><td>" + html_escape(state.name) + "</td><td class=\"t\">" +
            (tasks.empty() ? "all" : html_escape(tasks)) + "</td><td class=\"n\">" +
            amount_text(state.used, currency) + "</td><td class=\"n\">" +
            amount_text(state.budget.amount, currency) + "</td><td class=\"n\">" +
            (state.estimate ? amount_text(*state.estimate, currency) : "not known yet") +
            "</td><td class=\"t\">" + state_text(state) + "</td></tr>\n";
  }
  return html + kTableEnd;
}

}  // namespace cmd
