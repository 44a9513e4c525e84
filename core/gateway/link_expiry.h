// When a pre-signed link expires.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace core {

/// When the link expires according to its own query (gateway.md, sections 6 and 13).
///  - Absolute: `Expires`, `x-expires`, OSS2's `x-oss-expires`, `ksTime` (hex), Azure's `se` beside
///    `sig` (ISO 8601), Aliyun's `auth_key` (its first part), COS's `q-sign-time` (its second),
///    Qiniu's `e` beside `token`, Tencent's `txTime` beside `txSecret` and `t` beside `sign` (hex).
///  - A date plus a duration (T33): `x-oss-`, `X-Amz-`, `X-Tos-` and `X-Goog-Expires` (1 s to 7
///    days), `X-Obs-Expires`, and the fourth part of BOS's `authorization`.
/// The soonest if there are several; the first value of a repeated parameter. None if there is no
/// credible time: times before 2015 are not credible.
[[nodiscard]] std::optional<UtcTime> link_expiry(std::string_view url);

}  // namespace core
