// What a customer pays for a line, by a second price book.
#pragma once

#include <optional>
#include <string>

#include "core/billing/billing.h"

namespace core {

/// The price of the line's task by the book, unrounded and without a margin. The whole task is in
/// its main line, super resolution included; the other line has 0. A failure and a task that is
/// charged under another account cost 0. Pure: a frozen line has the same one as the task it was
/// made from. `zone`: that of the period whose cost it is.
[[nodiscard]] Resale resale_of(const ReportLine& line, const PriceBook& book, const TimeZone& zone);

/// Sets the margin: resale less cost, if both have one currency.
void set_margin(Resale& resale, const Charge& charge);

}  // namespace core
