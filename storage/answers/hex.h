// Bytes as hex digits.
#pragma once

#include <string>
#include <string_view>

#include "core/text/ascii.h"

namespace storage {

/// Lower-case.
[[nodiscard]] inline std::string hex_digits(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr unsigned kNibble = 4;
  constexpr unsigned kLow = 15;
  std::string out(bytes.size() * 2, '0');
  auto at = out.begin();
  for (const char one : bytes) {
    const auto byte = static_cast<unsigned char>(one);
    *at++ = kDigits[byte >> kNibble];
    *at++ = kDigits[byte & kLow];
  }
  return out;
}

/// The bytes that pairs of hex digits stand for.
[[nodiscard]] inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(core::hex_digit(hex[i]) * 16 + core::hex_digit(hex[i + 1])));
  }
  return bytes;
}

}  // namespace storage
