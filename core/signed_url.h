// Pre-signed links: when they die, and how to name them without giving them away.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace core {

/// When the link dies by its own query (api.md, section 6): absolute `Expires`, `x-oss-expires` of
/// OSS2 and `ksTime` (hex), or a date plus the duration (1 s to 7 days) in `x-oss-expires`,
/// `X-Amz-Expires`, `X-Tos-Expires` (T33). The soonest when several are there; of a parameter given
/// twice the first counts. None when nothing credible is said: a moment before 2015 is not.
[[nodiscard]] std::optional<UtcTime> link_expiry(std::string_view url);

/// Scheme, host and the start of the path; no user, query or fragment; printable. What is no URL
/// gives "(no URL)".
[[nodiscard]] std::string redacted_url(std::string_view url);

}  // namespace core
