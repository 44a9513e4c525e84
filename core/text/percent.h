// Percent-encoding (RFC 3986, section 2). Pure; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/text/ascii.h"

namespace core {

/// Appends a text with all but the unreserved characters encoded; with `keep_slashes` (for paths)
/// `/` stays.
inline void append_percent_encoded(std::string& out, std::string_view text, bool keep_slashes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  static constexpr std::string_view kUnreserved = "-._~";
  constexpr unsigned kNibble = 4;
  constexpr unsigned kLow = 15;
  static constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t byte = 0; byte < plain.size(); ++byte) {
      const auto one = static_cast<char>(byte);
      plain[byte] = is_ascii_alphanumeric(one) || kUnreserved.find(one) != std::string_view::npos;
    }
    return plain;
  }();
  const auto is_plain = [](char one) { return kPlain[static_cast<unsigned char>(one)]; };
  const auto begin = std::find_if_not(text.begin(), text.end(), is_plain);  // mostly the end
  out.append(text.begin(), begin);
  for (const char one : text.substr(static_cast<std::size_t>(begin - text.begin()))) {
    const auto byte = static_cast<unsigned char>(one);
    if (is_plain(one) || (keep_slashes && one == '/')) {
      out.push_back(one);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> kNibble]);
      out.push_back(kDigits[byte & kLow]);
    }
  }
}
[[nodiscard]] inline std::string percent_encoded(std::string_view text, bool keep_slashes) {
  std::string out;
  append_percent_encoded(out, text, keep_slashes);
  return out;
}

/// A URL before its `?` or `#`.
[[nodiscard]] constexpr std::string_view without_query(std::string_view url) {
  url = url.substr(0, url.find('#'));
  return url.substr(0, url.find('?'));
}

/// The byte that is encoded at `at`, which moves to the last character read; a stray `%` stays as
/// it is.
[[nodiscard]] inline char percent_decoded(std::string_view text, std::size_t& at) {
  if (text[at] != '%' || text.size() - at <= 2) {
    return text[at];
  }
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  if (high < 0 || low < 0) {
    return text[at];
  }
  at += 2;
  return static_cast<char>(high * 16 + low);
}

}  // namespace core
