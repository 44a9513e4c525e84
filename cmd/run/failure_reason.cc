#include "cmd/run/failure_reason.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "core/text/ascii.h"

namespace cmd {
namespace {

constexpr std::string_view kAny = "*";

bool is_of_word(char c) { return core::is_ascii_alphanumeric(c) || c == '_' || c == '-'; }

// Removes the next word, or another single character, from the text.
std::string_view take_token(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_of_word);
  const auto size = std::max<std::ptrdiff_t>(end - text.begin(), 1);
  const std::string_view token = text.substr(0, static_cast<std::size_t>(size));
  text.remove_prefix(token.size());
  return token;
}

// A number, or an ID such as 20260601033340118204000AbCdEfGh.
bool varies(std::string_view token) {
  constexpr std::ptrdiff_t kDigitsMin = 4;
  constexpr std::size_t kIdMin = 16;
  const std::ptrdiff_t digits = std::count_if(token.begin(), token.end(), core::is_ascii_digit);
  return digits == std::ssize(token) || (digits >= kDigitsMin && token.size() >= kIdMin);
}

}  // namespace

std::string reason_shape(std::string_view text) {
  constexpr std::string_view kStatus = "HTTP ";
  std::string shape;
  while (!text.empty()) {
    const bool is_status = shape.ends_with(kStatus);
    const std::string_view token = take_token(text);
    shape += varies(token) && !is_status ? kAny : token;
  }
  return shape;
}

std::string common_reason(std::string_view one, std::string_view other) {
  assert(reason_shape(one) == reason_shape(other));
  std::string common;
  while (!one.empty() && !other.empty()) {
    const std::string_view token = take_token(one);
    common += token == take_token(other) ? token : kAny;
  }
  return common;
}

}  // namespace cmd
