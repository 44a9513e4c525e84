// The currency codes of ISO 4217, and the decimals of each.
#pragma once

#include <optional>
#include <string_view>

namespace core {

/// Whether a currency of that code is, or lately was, in use: "CNY", not "RMB".
[[nodiscard]] bool is_iso_currency(std::string_view code);

/// The digits behind the point of an amount of that currency: 2 for "USD", 0 for "JPY". None for a
/// code that is not in ISO 4217.
[[nodiscard]] std::optional<int> currency_decimals(std::string_view code);

}  // namespace core
