// UTF-8, one character at a time (RFC 3629). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace core {

struct Utf8Character {
  char32_t code = 0;
  std::size_t bytes = 1;  ///< of an invalid one: how many to skip
  bool valid = false;
};

/// The character at `position`, which must be inside the text. Overlong forms, surrogates and codes
/// above U+10FFFF are invalid.
[[nodiscard]] Utf8Character utf8_character(std::string_view text, std::size_t position);

/// Adds one character.
void append_utf8(std::string& text, char32_t code);

/// The text with every invalid byte replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace core
