// UTF-8, one character at a time (RFC 3629). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// What stands for bytes that are no character.
inline constexpr char32_t kReplacement = 0xFFFD;

struct Utf8Character {
  char32_t code = 0;
  std::size_t bytes = 1;  ///< for an invalid one: how many bytes to skip
  bool valid = false;
};

/// The character at `position`, which must be inside the text. Overlong forms, surrogates and codes
/// above U+10FFFF are invalid.
[[nodiscard]] Utf8Character utf8_character(std::string_view text, std::size_t position);

/// Appends one character.
void append_utf8(std::string& text, char32_t code);

/// The text with every invalid byte replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// The longest beginning of `text` with at most `bytes_max` bytes that does not cut a character.
[[nodiscard]] std::string_view utf8_start(std::string_view text, std::size_t bytes_max);

/// The position of the first non-ASCII byte of `text` at or after `from`; its size if there is
/// none.
[[nodiscard]] std::size_t find_non_ascii(std::string_view text, std::size_t from = 0);

/// Whether a character is invisible: format controls (Unicode's Cf: byte order mark, zero-width
/// characters, direction marks, tags …), characters that Unicode lets a font ignore (blank Hangul
/// and Khmer letters …), line and paragraph separators. Not among them: blanks, and the variation
/// selectors U+FE00 to U+FE0F, without which an emoji looks different.
[[nodiscard]] bool is_invisible(char32_t code);

/// Whether a character is white space: blanks of every width (Unicode's Zs) and tab.
[[nodiscard]] bool is_blank(char32_t code);

/// The text without blanks of every width and invisible characters around it, as spreadsheets, web
/// pages, Chinese keyboards and Windows dialogs (direction marks) leave them. Characters that
/// mislead the reader on purpose, such as U+202E, stay.
[[nodiscard]] std::string_view trim_unseen(std::string_view text);

}  // namespace core
