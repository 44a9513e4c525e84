// The first page: what is under way, what came of it, and what needs attention.
#pragma once

#include <string>
#include <vector>

#include "cmd/report/budgets.h"
#include "core/clock.h"
#include "core/ledger/dashboard_reader.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

struct NowFigures {
  core::LedgerOverview overview;
  std::vector<core::ViewRow> runs;      ///< the last few, ascending
  std::vector<core::ViewRow> expiring;  ///< as DashboardReader returns these and the next
  std::vector<core::ViewRow> days;
  std::vector<core::ViewRow> failures;
  std::vector<core::ViewRow> labels;
  std::vector<BudgetState> budgets;
  std::string budget_trouble;  ///< why there are none; empty: they were compared
};
[[nodiscard]] NowFigures read_now_figures(core::LedgerReader& ledger, core::DashboardReader& more,
                                          core::UtcTime now);

struct NowView {
  std::string usual_account;
  std::string writer;  ///< who writes the ledger now; empty: nobody
  core::UtcTime now{};
};
/// The content of the page.
[[nodiscard]] std::string now_page(const NowFigures& figures, const NowView& view);

}  // namespace cmd
