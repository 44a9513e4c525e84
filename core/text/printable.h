// Makes foreign text safe for terminals, logs and records (design.md d2 and f).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace core {

/// What stands where a text was cut.
inline constexpr std::string_view kEllipsis = "…";

/// Replaces everything that could control a terminal or mislead a reader: control characters (C0,
/// DEL, C1), including line ends, and invalid UTF-8 bytes become `\xNN`; bidirectional controls,
/// zero-width and other invisible characters become `\uNNNN`. The result has at most `bytes_max`
/// bytes; a longer one is cut between characters and ends in "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace core
