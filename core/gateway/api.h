// The gateway's query: its path, and the meaning of an answer (gateway.md, sections 1 to 5). Pure;
// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/domain/task.h"

namespace core {

/// Limits, in bytes, of the texts in an Answer; longer ones are cut between characters.
inline constexpr std::size_t kWordBytesMax = 64;
inline constexpr std::size_t kMessageBytesMax = 300;

/// `/v1/video/generations/{id}`; every byte of the ID outside RFC 3986 unreserved is
/// percent-encoded.
[[nodiscard]] std::string query_path(const TaskId& id);

/// `/v1/videos/{id}/content`: the gateway's own copy of the video.
[[nodiscard]] std::string content_path(const TaskId& id);

/// The meaning of an HTTP answer to the query of `id`. Accepts every body of any size; guesses
/// nothing.
[[nodiscard]] Answer parse_answer(int http_status, std::string_view body, const TaskId& id);

/// The meaning of a status word, in any case and with blanks around it; `unrecognised` for an
/// unknown word.
[[nodiscard]] Verdict verdict_of_word(std::string_view status);

/// Whether a body is a web page: it begins like HTML.
[[nodiscard]] bool is_web_page(std::string_view body);

/// The link in the JSON that some gateways send at the content path instead of bytes (gateway.md,
/// section 6, content proxy); none if there is no link.
[[nodiscard]] std::optional<std::string> link_in_json(std::string_view body);

}  // namespace core
