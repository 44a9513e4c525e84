// Foreign text made harmless: for terminals, logs and records (design.md d2 and f).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// The text with everything that could steer a terminal or mislead a reader spelled out: control
/// characters (C0, DEL, C1), line ends too, and bytes that are no UTF-8 as `\xNN`; bidirectional
/// controls, zero-width and other invisible characters as `\uNNNN`. At most `bytes_max` bytes; a
/// longer one is cut between characters and ends in "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max);

/// The text with every URL in it reduced to redacted_url; a query in a word without scheme and
/// what follows `signature=` are dropped too. "…" marks what is gone.
[[nodiscard]] std::string redact_urls(std::string_view text);

/// What stands for the key that an answer was asked with.
inline constexpr std::string_view kKeyMask = "[key]";
/// The text with kKeyMask for each `key`; none when there is no key in it. A key of less than 8
/// bytes may be a word of the text's own and is left.
[[nodiscard]] std::optional<std::string> without_key(std::string_view text, std::string_view key);

/// The text with everything that looks like an API key (`sk-…`, `Bearer …`) masked.
[[nodiscard]] std::string redact_keys(std::string_view text);

}  // namespace core
