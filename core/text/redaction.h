// Naming a link without giving it away.
#pragma once

#include <string>
#include <string_view>

namespace core {

/// Scheme, host and the start of the path; no user, query or fragment; printable. What is no URL
/// gives "(no URL)".
[[nodiscard]] std::string redacted_url(std::string_view url);

}  // namespace core
