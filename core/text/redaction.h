// Names a link without its secret.
#pragma once

#include <string>
#include <string_view>

namespace core {

/// Scheme, host and the start of the path; no user, query or fragment; printable. "(no URL)" if the
/// text is not a URL.
[[nodiscard]] std::string redacted_url(std::string_view url);

}  // namespace core
