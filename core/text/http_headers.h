// The few HTTP header values that decide whether downloaded bytes are usable. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace core {

/// `Content-Range: bytes FIRST-LAST/TOTAL` (RFC 9110 §14.4).
struct ContentRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t total = 0;
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};
/// None unless it is a complete, valid range of bytes with a known total.
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view value);

/// Longer entity-tags are not used: such a download is not resumed.
inline constexpr std::size_t kEtagBytesMax = 1024;

/// Whether the text is exactly one entity-tag that is a strong validator (RFC 9110 §8.8.1).
[[nodiscard]] bool is_strong_etag(std::string_view value);

/// The value of an ETag header, without blanks around it, if it is a strong validator; else empty.
[[nodiscard]] std::string strong_etag(std::string_view value);

/// A decimal number without sign, as in the CRC-64 headers; none for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view value);

}  // namespace core
