// Removes secrets from texts: the signatures of links, and API keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace core {

/// Scheme, host and the start of the path; no user, query or fragment; printable. "(no URL)" if the
/// text is not a URL.
[[nodiscard]] std::string redacted_url(std::string_view url);

/// Replaces every URL in the text by redacted_url; a query in a word without a scheme, and the text
/// after `signature=`, are removed too. "…" marks what is removed.
[[nodiscard]] std::string redact_urls(std::string_view text);

/// Replaces the key of the query in an answer.
inline constexpr std::string_view kKeyMask = "[key]";
/// The text with kKeyMask instead of each `key`; none if the key does not occur in it. A key of
/// less than 8 bytes is not masked, because it may be an ordinary word.
[[nodiscard]] std::optional<std::string> without_key(std::string_view text, std::string_view key);
/// The same in place; also masks a beginning of the key with which the text ends, perhaps before an
/// ellipsis: a length limit may have cut the text there.
void mask_key(std::string& text, std::string_view key);

/// Masks everything in the text that looks like an API key (`sk-…`, `Bearer …`).
[[nodiscard]] std::string redact_keys(std::string_view text);

}  // namespace core
