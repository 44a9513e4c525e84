#include "core/text/base64.h"

namespace core {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned kSextet = 6;
constexpr unsigned kByte = 8;

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr unsigned kLow = 63;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t i) {
      return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U;
    };
    const unsigned three = byte(0) << 16U | byte(1) << 8U | byte(2);
    for (unsigned digit = 0; digit < 4; ++digit) {
      out += at + digit <= bytes.size() ? kBase64[three >> (3 - digit) * kSextet & kLow] : '=';
    }
  }
  return out;
}

std::string from_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char digit : text) {
    const std::size_t value = kBase64.find(digit);
    if (value == std::string_view::npos) {
      break;
    }
    bits = bits << kSextet | static_cast<unsigned>(value);
    count += kSextet;
    if (count >= kByte) {
      count -= kByte;
      bytes.push_back(static_cast<char>(bits >> count & 0xFFU));
    }
  }
  return bytes;
}

}  // namespace core
