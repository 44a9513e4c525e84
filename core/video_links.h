// The videos that a successful answer offers.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/json.h"
#include "core/task.h"
#include "core/upstream.h"

namespace core {

inline constexpr std::size_t kLinksMax = 64;
inline constexpr std::size_t kLinkBytesMax = 8192;

/// `http(s)://…`, or a path on the gateway (`/…`, not `//…`); printable ASCII or non-ASCII bytes
/// without blanks, at most kLinkBytesMax. Everything else in a URL's place is text (api.md T3).
[[nodiscard]] bool is_link(std::string_view text);

/// Fills `answer.links` and `videos_without_link`: the first video (the gateway's link, else the
/// vendor's), then `original_result_url` (T12), then the further ones of the vendor's list (T11);
/// no covers, frames or watermarked copies; no URL twice. Without any: the content endpoint (T14).
/// A link that does not say when it dies gets a day from `finish_time`, else `upstream_end_time`;
/// one of the gateway itself does not die by itself.
void read_links(const AnswerLevels& levels, const TaskId& id, Answer& answer);

}  // namespace core
