// The gateway's query: the path to ask, and what an answer means (gateway.md, sections 1 to 5).
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/domain/task.h"

namespace core {

/// Limits, in bytes, of what an Answer keeps; longer texts are cut between characters.
inline constexpr std::size_t kWordBytesMax = 64;
inline constexpr std::size_t kMessageBytesMax = 300;

/// `/v1/video/generations/{id}`, every byte of the ID outside RFC 3986 unreserved percent-encoded.
[[nodiscard]] std::string query_path(const TaskId& id);

/// `/v1/videos/{id}/content`: the gateway's own copy of the video.
[[nodiscard]] std::string content_path(const TaskId& id);

/// What an HTTP answer to the query of `id` means. Every body of every size is understood as
/// something; nothing is guessed.
[[nodiscard]] Answer parse_answer(int http_status, std::string_view body, const TaskId& id);

/// What a status word says of a task, in any case and with blanks around it; `unrecognised` when
/// nobody knows it.
[[nodiscard]] Verdict verdict_of_word(std::string_view status);

/// Whether a body is meant for a browser: it begins as HTML does.
[[nodiscard]] bool is_web_page(std::string_view body);

/// The link in the JSON that some gateways answer at the content path instead of bytes (gateway.md,
/// section 6, content proxy); none when there is none.
[[nodiscard]] std::optional<std::string> link_in_json(std::string_view body);

}  // namespace core
