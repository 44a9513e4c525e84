// Makes foreign text safe for terminals, logs and records (design.md d2 and f).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// Replaces everything that could control a terminal or mislead a reader: control characters (C0,
/// DEL, C1), including line ends, and invalid UTF-8 bytes become `\xNN`; bidirectional controls,
/// zero-width and other invisible characters become `\uNNNN`. The result has at most `bytes_max`
/// bytes; a longer one is cut between characters and ends in "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max);

/// Replaces every URL in the text by redacted_url; a query in a word without a scheme, and the text
/// after `signature=`, are removed too. "…" marks what is removed.
[[nodiscard]] std::string redact_urls(std::string_view text);

/// Replaces the key of the query in an answer.
inline constexpr std::string_view kKeyMask = "[key]";
/// The text with kKeyMask instead of each `key`; none if the key does not occur in it. A key of
/// less than 8 bytes is not masked, because it may be an ordinary word.
[[nodiscard]] std::optional<std::string> without_key(std::string_view text, std::string_view key);

/// Masks everything in the text that looks like an API key (`sk-…`, `Bearer …`).
[[nodiscard]] std::string redact_keys(std::string_view text);

}  // namespace core
