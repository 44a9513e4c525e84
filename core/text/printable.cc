#include "core/text/printable.h"

#include <algorithm>
#include <cstdint>

#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex(std::string& out, std::uint32_t code, unsigned digits) {
  for (unsigned digit = digits; digit-- > 0;) {
    out += kHexDigits[code >> (4 * digit) & 0xFU];
  }
}

void append_printable(std::string& out, std::string_view text, const Utf8Character& character) {
  const std::uint32_t code =
      character.valid ? character.code : static_cast<unsigned char>(text.front());
  if (!character.valid || code < 0x20 || (code >= 0x7F && code <= 0x9F)) {
    out += "\\x";
    append_hex(out, code, 2);
  } else if (is_invisible(code)) {
    out += code > 0xFFFF ? "\\U" : "\\u";
    append_hex(out, code, code > 0xFFFF ? 8 : 4);
  } else {
    out += text.substr(0, character.bytes);
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && is_printable_ascii(text)) {
    return std::string(text);
  }
  std::string out;
  out.reserve(std::min(text.size(), bytes_max));
  std::size_t cut = 0;  // the longest beginning that leaves room for the ellipsis
  while (!text.empty()) {
    const Utf8Character character = utf8_character(text, 0);
    append_printable(out, text, character);
    text.remove_prefix(character.bytes);
    if (out.size() > bytes_max) {
      out.resize(cut);
      if (kEllipsis.size() <= bytes_max) {
        out += kEllipsis;
      }
      return out;
    }
    if (out.size() + kEllipsis.size() <= bytes_max) {
      cut = out.size();
    }
  }
  return out;
}

}  // namespace core
