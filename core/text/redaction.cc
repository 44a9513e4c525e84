#include "core/text/redaction.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/percent.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::size_t kPathBytesMax = 48;
constexpr std::size_t kOriginBytesMax = 200;

bool is_scheme(std::string_view text) {
  return !text.empty() && is_ascii_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_ascii_letter(c) || is_ascii_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

std::size_t find_ignoring_case(std::string_view text, std::string_view needle, std::size_t from) {
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size())),
                  text.end(), needle.begin(), needle.end(),
                  [](char a, char b) { return lower_ascii(a) == lower_ascii(b); });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

bool is_scheme_character(char c) {
  return is_ascii_alphanumeric(c) || c == '+' || c == '-' || c == '.';
}

// Where the first "scheme://" in a word begins; npos if there is none.
std::size_t find_scheme(std::string_view word) {
  const std::size_t colon = word.find("://");
  if (colon == std::string_view::npos) {
    return colon;
  }
  std::size_t start = colon;
  while (start > 0 && is_scheme_character(word[start - 1])) {
    --start;
  }
  return start;
}

std::string redacted_word(std::string_view word) {
  const std::size_t query = word.find('?');
  const bool has_query =
      query != std::string_view::npos && word.find('=', query) != std::string_view::npos;
  const std::size_t scheme = find_scheme(word);
  if (scheme != std::string_view::npos && (!has_query || scheme < query)) {
    return std::string(word.substr(0, scheme)) + redacted_url(word.substr(scheme));
  }
  if (has_query) {
    return std::string(word.substr(0, query)).append("?").append(kEllipsis);
  }
  return std::string(word);
}

// The text without what follows "signature=", wherever that stands.
std::string without_signature(std::string text) {
  static constexpr std::string_view kSignature = "signature=";
  const std::size_t at = find_ignoring_case(text, kSignature, 0);
  if (at != std::string::npos) {
    text.replace(at + kSignature.size(), std::string::npos, kEllipsis);
  }
  return text;
}

// The characters that end a URL inside a text. Not every byte that is illegal in a URL: a malformed
// URL must not keep its signature because it contains one.
bool ends_word(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte <= 0x20 || byte == 0x7F || c == '"' || c == '<' || c == '>' || c == '`';
}

bool is_key_character(char c) { return is_ascii_alphanumeric(c) || c == '-' || c == '_'; }

constexpr std::size_t kKeyBytesMin = 8;

// Masks the text after each `prefix` at the start of a word, if it is long enough to be a key.
std::string mask_after(std::string_view prefix, std::string_view text) {
  std::string out;
  std::size_t done = 0;
  std::size_t at = find_ignoring_case(text, prefix, 0);
  while (at != std::string_view::npos) {
    const std::size_t key = at + prefix.size();
    std::size_t end = key;
    while (end < text.size() && (is_key_character(text[end]) || text[end] == '.')) {
      ++end;
    }
    const bool starts_word = at == 0 || !is_ascii_alphanumeric(text[at - 1]);
    if (starts_word && end - key >= kKeyBytesMin) {
      out.append(text.substr(done, key - done)).append(kEllipsis);
      done = end;
    }
    at = find_ignoring_case(text, prefix, std::max(end, at + 1));
  }
  return out.append(text.substr(done));
}

// A length limit may have cut a text in the middle of the key before it gets here.
void hide_cut_key(std::string& text, std::string_view key) {
  std::string_view rest = text;
  const bool cut = rest.ends_with(kEllipsis);
  rest.remove_suffix(cut ? kEllipsis.size() : 0);
  for (std::size_t bytes = key.size(); bytes-- > kKeyBytesMin;) {
    if (rest.ends_with(key.substr(0, bytes))) {
      rest.remove_suffix(bytes);
      text = std::string(rest).append(kKeyMask).append(cut ? kEllipsis : "");
      return;
    }
  }
}

}  // namespace

std::string redacted_url(std::string_view url) {
  url = without_query(url);
  std::string out;
  std::string_view path = url;
  if (!url.starts_with('/')) {
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos || !is_scheme(url.substr(0, colon))) {
      return "(no URL)";
    }
    const std::string_view rest = url.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find('/'));
    path = rest.substr(authority.size());
    const std::size_t user = authority.rfind('@');
    out.append(url.substr(0, colon + 3));
    out.append(user == std::string_view::npos ? authority : authority.substr(user + 1));
  }
  return without_signature(printable(out, kOriginBytesMax) + printable(path, kPathBytesMax));
}

std::string redact_urls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto word_end = std::find_if(text.begin(), text.end(), ends_word);
    const auto word_bytes = static_cast<std::size_t>(word_end - text.begin());
    if (word_bytes == 0) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    out += without_signature(redacted_word(text.substr(0, word_bytes)));
    text.remove_prefix(word_bytes);
  }
  return out;
}

std::optional<std::string> without_key(std::string_view text, std::string_view key) {
  // Every answer is searched, and memmem is faster than string_view::find, which stops at each
  // letter that the key begins with.
  std::size_t at = key.size() < kKeyBytesMin ||
                           memmem(text.data(), text.size(), key.data(), key.size()) == nullptr
                       ? std::string_view::npos
                       : text.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  std::string out;
  for (; at != std::string_view::npos; at = text.find(key)) {
    out.append(text.substr(0, at)).append(kKeyMask);
    text.remove_prefix(at + key.size());
  }
  return out.append(text);
}

void mask_key(std::string& text, std::string_view key) {
  if (auto without = without_key(text, key)) {
    text = *std::move(without);
  }
  hide_cut_key(text, key);
}

std::string redact_keys(std::string_view text) {
  return mask_after("sk-", mask_after("bearer ", text));
}

}  // namespace core
