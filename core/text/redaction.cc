#include "core/text/redaction.h"

#include <algorithm>
#include <cstddef>

#include "core/text/ascii.h"
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

}  // namespace

std::string redacted_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
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
  return printable(out, kOriginBytesMax) + printable(path, kPathBytesMax);
}

}  // namespace core
