// Base64 (RFC 4648). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace core {

/// With padding, without line ends.
[[nodiscard]] inline std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr unsigned kSextet = 6;
  constexpr unsigned kLow = 63;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) {
      return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U;
    };
    const unsigned three = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (unsigned digit = 0; digit < 4; ++digit) {
      out += at + digit <= bytes.size() ? kDigits[three >> (3 - digit) * kSextet & kLow] : '=';
    }
  }
  return out;
}

}  // namespace core
