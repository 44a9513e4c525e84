#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/domain/task.h"
#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

bool is_visible_ascii(char one) { return one > ' ' && one < 0x7F; }

std::size_t digits_from(std::string_view text, std::size_t position) {
  const std::size_t begin = position;
  while (position < text.size() && is_ascii_digit(text[position])) {
    ++position;
  }
  return position - begin;
}

// "8.60E+17": an 18-digit ID that a spreadsheet converted; its last digits are lost (gateway.md
// T29).
bool is_spreadsheet_number(std::string_view text) {
  std::size_t position = digits_from(text, 0);
  if (position == 0 || position >= text.size() ||
      (text[position] != '.' && text[position] != ',')) {
    return false;
  }
  ++position;
  const std::size_t fraction = digits_from(text, position);
  position += fraction;
  if (fraction == 0 || text.size() < position + 2 || (text[position] | 0x20) != 'e' ||
      text[position + 1] != '+') {
    return false;
  }
  position += 2;
  const std::size_t exponent = digits_from(text, position);
  return exponent > 0 && position + exponent == text.size();
}

constexpr std::uint64_t each_byte(std::uint64_t value) { return value * 0x0101'0101'0101'0101U; }

// Not zero if one of eight bytes is not visible ASCII: a high bit of its own, or one that a byte
// below '!' borrows or DEL carries.
std::uint64_t unplain_bits(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return (word | (word - each_byte('!')) | (word + each_byte(1))) & each_byte(0x80);
}

bool is_plain_ascii(std::string_view text) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (text.size() < kWord) {
    return std::all_of(text.begin(), text.end(), is_visible_ascii);
  }
  std::uint64_t unplain = unplain_bits(text.data() + text.size() - kWord);  // may overlap
  for (std::size_t at = 0; at + kWord < text.size(); at += kWord) {
    unplain |= unplain_bits(text.data() + at);
  }
  return unplain == 0;
}

std::optional<IdFailure> hidden_character_failure(std::string_view text) {
  if (is_plain_ascii(text)) {
    return std::nullopt;
  }
  for (std::size_t position = 0; position < text.size();) {
    const Utf8Character one = utf8_character(text, position);
    if (!one.valid || one.code == 0xFFFD) {  // U+FFFD marks bytes that were lost earlier
      return IdFailure::not_utf8;
    }
    const bool is_c0_or_c1 = one.code < 0x20 || (one.code >= 0x7F && one.code < 0xA0);
    if (is_c0_or_c1 || is_invisible(one.code)) {
      return IdFailure::control_character;
    }
    position += one.bytes;
  }
  return std::nullopt;
}

}  // namespace

std::string_view describe(IdFailure failure) {
  switch (failure) {
    case IdFailure::empty:
      return "the task ID is empty";
    case IdFailure::too_long:
      static_assert(TaskId::kBytesMax == 191, "the message names the limit");
      return "the task ID is longer than 191 bytes";
    case IdFailure::control_character:
      return "the task ID holds a control or invisible character";
    case IdFailure::not_utf8:
      return "the task ID is not valid UTF-8";
    case IdFailure::dot_segment:
      return "the task ID is a path (. or ..)";
    case IdFailure::spreadsheet_number:
      return "the task ID was ruined by a spreadsheet; export the column as text";
  }
  return "?";
}

std::variant<TaskId, IdFailure> TaskId::parse(std::string_view text) {
  const std::string_view id = trim_unseen(text);
  if (id.empty()) {
    return IdFailure::empty;
  }
  if (id.size() > kBytesMax) {
    return IdFailure::too_long;
  }
  if (id == "." || id == "..") {
    return IdFailure::dot_segment;
  }
  if (const auto failure = hidden_character_failure(id)) {
    return *failure;
  }
  if (is_spreadsheet_number(id)) {
    return IdFailure::spreadsheet_number;
  }
  return TaskId(std::string(id));
}

}  // namespace core
