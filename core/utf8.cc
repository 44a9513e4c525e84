#include "core/utf8.h"

#include <algorithm>

namespace core {
namespace {

constexpr unsigned kBitsPerByte = 6;
constexpr unsigned char kContinuation = 0x80;
constexpr unsigned char kPayload = 0x3F;
constexpr char32_t kReplacement = 0xFFFD;

}  // namespace

Utf8Character utf8_character(std::string_view text, std::size_t position) {
  const auto lead = static_cast<unsigned char>(text[position]);
  if (lead < kContinuation) {
    return {lead, 1, true};
  }
  std::size_t bytes = 0;
  char32_t code = 0;
  char32_t least = 0;
  if ((lead & 0xE0U) == 0xC0) {
    bytes = 2;
    code = lead & 0x1FU;
    least = 0x80;
  } else if ((lead & 0xF0U) == 0xE0) {
    bytes = 3;
    code = lead & 0x0FU;
    least = 0x800;
  } else if ((lead & 0xF8U) == 0xF0) {
    bytes = 4;
    code = lead & 0x07U;
    least = 0x10000;
  } else {
    return {};
  }
  if (position + bytes > text.size()) {
    return {};
  }
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[position + i]);
    if ((next & 0xC0U) != kContinuation) {
      return {};
    }
    code = (code << kBitsPerByte) | (next & kPayload);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || surrogate || code > 0x10FFFF) {
    return {};
  }
  return {code, bytes, true};
}

void append_utf8(std::string& text, char32_t code) {
  const auto tail = [&text, code](unsigned shift) {
    text.push_back(static_cast<char>(kContinuation | ((code >> shift) & kPayload)));
  };
  if (code < 0x80) {
    text.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    text.push_back(static_cast<char>(0xC0U | (code >> kBitsPerByte)));
    tail(0);
  } else if (code < 0x10000) {
    text.push_back(static_cast<char>(0xE0U | (code >> 2 * kBitsPerByte)));
    tail(kBitsPerByte);
    tail(0);
  } else {
    text.push_back(static_cast<char>(0xF0U | (code >> 3 * kBitsPerByte)));
    tail(2 * kBitsPerByte);
    tail(kBitsPerByte);
    tail(0);
  }
}

std::string valid_utf8(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char one) {
    return static_cast<unsigned char>(one) < kContinuation;
  });
  if (ascii) {
    return std::string(text);
  }
  std::string valid;
  valid.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const Utf8Character one = utf8_character(text, position);
    append_utf8(valid, one.valid ? one.code : kReplacement);
    position += one.bytes;
  }
  return valid;
}

}  // namespace core
