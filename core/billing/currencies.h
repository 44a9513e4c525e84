// The currency codes of ISO 4217.
#pragma once

#include <string_view>

namespace core {

/// Whether a currency of that code is, or lately was, in use: "CNY", not "RMB".
[[nodiscard]] bool is_iso_currency(std::string_view code);

}  // namespace core
