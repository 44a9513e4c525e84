// The videos that a successful answer offers.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/domain/task.h"
#include "core/gateway/upstream.h"
#include "core/text/json.h"

namespace core {

inline constexpr std::size_t kLinksMax = 64;
inline constexpr std::size_t kLinkBytesMax = 8192;
/// URLs of one video that are kept.
inline constexpr std::size_t kCandidatesMax = 8;

/// `http(s)://…`, or a path on the gateway (`/…`, not `//…`); printable ASCII or non-ASCII bytes
/// without blanks, at most kLinkBytesMax. Everything else in a URL's place is text (gateway.md T3).
[[nodiscard]] bool is_link(std::string_view text);

/// Fills `answer.links`, `videos_without_link` and `link_failure`: the first video, then
/// `original_result_url` (T12), then the further ones of the vendor's lists (T11, gateway.md
/// section 13); no covers, frames or watermarked copies; no URL twice.
///  - All URLs that are given for one video are its candidates: the vendor's own, then the
///    gateway's, then one in `fail_reason`. Without any: the content endpoint (T14).
///  - A link is trimmed, a blank inside is `%20`. The content endpoint of this very task is asked
///    for as a path on the configured gateway, whatever host the link names (G1).
///  - A link that does not say when it dies is assumed to live a day from `finish_time`, else
///    `upstream_end_time`; one of the gateway itself does not die by itself.
void read_links(const AnswerLevels& levels, const TaskId& id, Answer& answer);

}  // namespace core
