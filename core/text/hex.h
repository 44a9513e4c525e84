// Bytes as pairs of hex digits. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/text/ascii.h"

namespace core {

/// Lower-case.
[[nodiscard]] inline std::string hex(std::string_view bytes) {
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

/// The bytes behind pairs of hex digits.
[[nodiscard]] inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(hex_digit(digits[i]) * 16 + hex_digit(digits[i + 1])));
  }
  return bytes;
}

}  // namespace core
