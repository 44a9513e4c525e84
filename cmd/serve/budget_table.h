// The budgets of the configuration file on the first page.
#pragma once

#include <string>
#include <vector>

#include "cmd/report/budgets.h"

namespace cmd {

/// `trouble`: why they could not be compared; empty: they were.
[[nodiscard]] std::string budget_table(const std::vector<BudgetState>& budgets,
                                       const std::string& trouble);

}  // namespace cmd
