// ASCII characters only, whatever the locale is. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace core {

[[nodiscard]] constexpr char lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_ascii_letter(char c) {
  return lower_ascii(c) >= 'a' && lower_ascii(c) <= 'z';
}

[[nodiscard]] constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr bool is_ascii_alphanumeric(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c);
}

/// 0 to 15; -1 if not a hex digit.
[[nodiscard]] constexpr int hex_digit(char c) {
  constexpr int kTen = 10;
  if (is_ascii_digit(c)) {
    return c - '0';
  }
  const char lower = lower_ascii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + kTen : -1;
}

/// Whether a text has an ASCII blank or control character. Looks at all of it, which is faster than
/// to stop at the first.
[[nodiscard]] constexpr bool has_blank(std::string_view text) {
  unsigned char found = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const unsigned char is_low = byte <= 0x20;
    const unsigned char is_delete = byte == 0x7F;
    found |= is_low;
    found |= is_delete;
  }
  return found != 0;
}

/// Whether every character is an ASCII letter, digit, mark or blank. Looks at all of them, as
/// above.
[[nodiscard]] constexpr bool is_printable_ascii(std::string_view text) {
  unsigned char other = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const unsigned char is_low = byte < 0x20;
    const unsigned char is_high = byte > 0x7E;
    other |= is_low;
    other |= is_high;
  }
  return other == 0;
}

/// The text with ASCII letters in lower case; other characters stay.
[[nodiscard]] inline std::string lower_ascii(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower_ascii(c); });
  return out;
}

/// The first `what` in [begin, end); end if there is none.
[[nodiscard]] inline const char* find_byte(const char* begin, const char* end, char what) {
  const void* found = std::memchr(begin, what, static_cast<std::size_t>(end - begin));
  return found == nullptr ? end : static_cast<const char*>(found);
}

/// White space as JSON and XML have it.
inline constexpr std::string_view kAsciiBlanks = " \t\r\n";

/// The text without the characters of `blanks` at its beginning and end.
[[nodiscard]] constexpr std::string_view trim_ascii(std::string_view text,
                                                    std::string_view blanks = kAsciiBlanks) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// Whether two texts are equal apart from the case of ASCII letters.
[[nodiscard]] constexpr bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char one, char other) { return lower_ascii(one) == lower_ascii(other); });
}

}  // namespace core
