#include "core/text/http_headers.h"

#include <algorithm>
#include <charconv>

#include "core/text/ascii.h"

namespace core {
namespace {

std::string_view trim(std::string_view value) { return trim_ascii(value, " \t"); }

template <typename Number>
bool parse_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && text.front() != '-';
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
  value = trim(value);
  constexpr std::string_view kUnit = "bytes ";
  if (value.substr(0, kUnit.size()) != kUnit) {
    return std::nullopt;
  }
  value.remove_prefix(kUnit.size());
  const std::size_t dash = value.find('-');
  const std::size_t slash = value.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const std::string_view first = value.substr(0, dash);
  const std::string_view last = value.substr(dash + 1, slash - dash - 1);
  const std::string_view total = value.substr(slash + 1);
  ContentRange range;
  if (first.empty() || last.empty() || total.empty() || !parse_whole(first, range.first) ||
      !parse_whole(last, range.last) || !parse_whole(total, range.total) ||
      range.first > range.last || range.last >= range.total) {
    return std::nullopt;
  }
  return range;
}

bool is_strong_etag(std::string_view value) {
  if (value.size() <= 2 || value.size() > kEtagBytesMax || value.front() != '"' ||
      value.back() != '"') {
    return false;
  }
  // The value is sent back in If-Range, so it must be exactly one entity-tag.
  const std::string_view opaque = value.substr(1, value.size() - 2);
  return std::none_of(opaque.begin(), opaque.end(), [](char one) {
    constexpr char kDelete = 0x7F;
    return static_cast<unsigned char>(one) <= ' ' || one == kDelete || one == '"';
  });
}

std::string strong_etag(std::string_view value) {
  value = trim(value);
  return is_strong_etag(value) ? std::string(value) : std::string();
}

std::optional<std::uint64_t> parse_unsigned(std::string_view value) {
  value = trim(value);
  std::uint64_t number = 0;
  if (value.empty() || !parse_whole(value, number)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace core
