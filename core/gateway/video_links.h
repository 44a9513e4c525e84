// The videos of a successful answer.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

inline constexpr std::size_t kLinksMax = 64;
inline constexpr std::size_t kLinkBytesMax = 8192;
/// How many URLs of one video are kept.
inline constexpr std::size_t kCandidatesMax = 8;

/// `http(s)://…`, or a path on the gateway (`/…`, not `//…`); printable ASCII or non-ASCII bytes
/// without blanks, at most kLinkBytesMax. Any other text in a URL's place is not a link (gateway.md
/// T3).
[[nodiscard]] bool is_link(std::string_view text);

/// Fills `answer.links`, `videos_without_link` and `link_failure`: the first video, then
/// `original_result_url` (T12), then the other videos of the vendor's lists (T11, gateway.md
/// section 13); no covers, frames or watermarked copies; no URL twice.
///  - All URLs of one video are its candidates: the vendor's own, then the gateway's, then one in
///    `fail_reason`. If there is none, the content endpoint is used (T14).
///  - Blanks around a link are removed, a blank inside becomes `%20`. A link to the content
///    endpoint of this task becomes a path on the configured gateway, whatever its host is (G1).
///  - If a link states no expiry, it is assumed to be a day after `finish_time`, else after
///    `upstream_end_time`; a link to the gateway itself has no expiry.
void read_links(const AnswerLevels& levels, const TaskId& id, Answer& answer);

}  // namespace core
