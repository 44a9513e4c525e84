// What a task cost, for `status TASK_ID`.
#pragma once

#include <string>
#include <vector>

#include "core/billing/price_book.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

/// Of a closed task what its lines say, and which open period may correct them; else what the price
/// book says now (null: there is none): a part for each line ("12.6 CNY"). None if it is not
/// finished, or there is neither.
[[nodiscard]] std::vector<std::string> costs_of(const std::string& ledger,
                                                const core::PriceBook* prices, core::TaskKey task);

}  // namespace cmd
