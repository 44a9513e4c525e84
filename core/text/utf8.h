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

/// The longest start of `text` of at most `bytes_max` bytes that ends between characters.
[[nodiscard]] std::string_view utf8_start(std::string_view text, std::size_t bytes_max);

/// Where the first byte of `text` at or behind `from` lies that is no ASCII; its size: nowhere.
[[nodiscard]] std::size_t find_non_ascii(std::string_view text, std::size_t from = 0);

/// Whether a character has no shape of its own: format controls (Unicode's Cf: byte order mark,
/// zero-width characters, direction marks, tags …), what Unicode lets a font ignore (blank Hangul
/// and Khmer letters …), line and paragraph separators. Blanks are not among them, nor are the
/// variation selectors U+FE00 to U+FE0F, without which an emoji looks different.
[[nodiscard]] bool is_invisible(char32_t code);

/// Whether a character only takes room: blanks of every width (Unicode's Zs), tab.
[[nodiscard]] bool is_blank(char32_t code);

/// The text without the blanks of every width and the invisible characters around it: what
/// spreadsheets, web pages, Chinese keyboards and Windows' dialogs (direction marks) leave there.
/// What misleads the eye on purpose, such as U+202E, stays.
[[nodiscard]] std::string_view trim_unseen(std::string_view text);

}  // namespace core
