// Puts the rows of a price book that are tiers of one price together.
#pragma once

#include <string>
#include <vector>

#include "core/billing/price_book.h"

namespace core {

/// Rows that differ in nothing but `from_quantity`, `to_quantity`, price, discount and note are one
/// ladder if one of them has a quantity: the first of them stays, with all as its tiers. A row
/// alone whose quantities bound nothing is no ladder. Throws UsageError that names the place unless
/// each ladder begins at 0, has no end, and its tiers neither overlap nor leave a gap.
void join_tiers(std::vector<Price>& rows, const std::string& file);

}  // namespace core
