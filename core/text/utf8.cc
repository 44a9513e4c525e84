#include "core/text/utf8.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace core {
namespace {

constexpr unsigned kBitsPerByte = 6;
constexpr unsigned char kContinuation = 0x80;
constexpr unsigned char kPayload = 0x3F;

// The one table of invisible characters, in ascending order.
struct InvisibleRange {
  char32_t first;
  char32_t last;
  bool misleads;  // never left by mistake: it changes how the text after it is shown
};
constexpr std::array kInvisible{
    InvisibleRange{0xAD, 0xAD, false},       InvisibleRange{0x34F, 0x34F, false},
    InvisibleRange{0x600, 0x605, true},      InvisibleRange{0x61C, 0x61C, false},
    InvisibleRange{0x6DD, 0x6DD, true},      InvisibleRange{0x70F, 0x70F, true},
    InvisibleRange{0x890, 0x891, true},      InvisibleRange{0x8E2, 0x8E2, true},
    InvisibleRange{0x115F, 0x1160, false},   InvisibleRange{0x17B4, 0x17B5, false},
    InvisibleRange{0x180B, 0x180F, false},   InvisibleRange{0x200B, 0x200F, false},
    InvisibleRange{0x2028, 0x2029, true},    InvisibleRange{0x202A, 0x202C, false},
    InvisibleRange{0x202D, 0x202E, true},    InvisibleRange{0x2060, 0x2069, false},
    InvisibleRange{0x206A, 0x206F, true},    InvisibleRange{0x3164, 0x3164, false},
    InvisibleRange{0xFEFF, 0xFEFF, false},   InvisibleRange{0xFFA0, 0xFFA0, false},
    InvisibleRange{0xFFF0, 0xFFFB, true},    InvisibleRange{0x110BD, 0x110BD, true},
    InvisibleRange{0x110CD, 0x110CD, true},  InvisibleRange{0x13430, 0x1343F, true},
    InvisibleRange{0x1BCA0, 0x1BCA3, false}, InvisibleRange{0x1D173, 0x1D17A, false},
    InvisibleRange{0xE0000, 0xE0FFF, true},
};

const InvisibleRange* invisible_range(char32_t code) {
  if (code < kInvisible.front().first) {
    return nullptr;
  }
  const auto* found =
      std::find_if(kInvisible.begin(), kInvisible.end(),
                   [code](const InvisibleRange& range) { return code <= range.last; });
  return found == kInvisible.end() || code < found->first ? nullptr : found;
}

bool is_unseen(const Utf8Character& one) {
  const InvisibleRange* range = one.valid ? invisible_range(one.code) : nullptr;
  return one.valid && (is_blank(one.code) || (range != nullptr && !range->misleads));
}

bool is_continuation(char one) {
  return (static_cast<unsigned char>(one) & 0xC0U) == kContinuation;
}

bool is_visible_ascii(char one) { return one > ' ' && one < 0x7F; }

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
    const char next = text[position + i];
    if (!is_continuation(next)) {
      return {};
    }
    code = (code << kBitsPerByte) | (static_cast<unsigned char>(next) & kPayload);
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

std::string_view utf8_start(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  while (bytes_max > 0 && is_continuation(text[bytes_max])) {
    --bytes_max;
  }
  return text.substr(0, bytes_max);
}

std::size_t find_non_ascii(std::string_view text, std::size_t from) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080U;
  std::uint64_t word = 0;
  for (; from + sizeof word <= text.size(); from += sizeof word) {
    std::memcpy(&word, text.data() + from, sizeof word);
    if ((word & kHighBits) != 0) {
      break;
    }
  }
  while (from < text.size() && static_cast<unsigned char>(text[from]) < kContinuation) {
    ++from;
  }
  return from;
}

bool is_blank(char32_t code) {
  return code == ' ' || code == '\t' || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x202F || code == 0x205F || code == 0x2800 ||
         code == 0x3000;
}

bool is_invisible(char32_t code) { return invisible_range(code) != nullptr; }

std::string_view trim_unseen(std::string_view text) {
  if (!text.empty() && is_visible_ascii(text.front()) && is_visible_ascii(text.back())) {
    return text;
  }
  while (!text.empty()) {
    const Utf8Character first = utf8_character(text, 0);
    if (!is_unseen(first)) {
      break;
    }
    text.remove_prefix(first.bytes);
  }
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && is_continuation(text[begin])) {
      --begin;
    }
    const Utf8Character last = utf8_character(text, begin);
    if (begin + last.bytes != text.size() || !is_unseen(last)) {
      break;
    }
    text.remove_suffix(last.bytes);
  }
  return text;
}

std::string valid_utf8(std::string_view text) {
  if (find_non_ascii(text) == text.size()) {
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
