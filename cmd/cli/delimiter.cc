#include "cmd/cli/delimiter.h"

#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/text/csv.h"

namespace cmd {
namespace {

std::optional<char> character_of(const std::string& text) {
  if (text == "tab") {
    return '\t';
  }
  return text.size() == 1 ? std::optional(text.front()) : std::nullopt;
}

}  // namespace

char list_delimiter(const std::string& text) {
  constexpr std::string_view kTaken = "\"\n\r";
  const auto character = text == "\\t" ? '\t' : character_of(text);
  if (!character || kTaken.find(*character) != std::string_view::npos) {
    throw core::UsageError("--delimiter takes one character (or `tab`), not " + text);
  }
  return *character;
}

char report_delimiter(const std::string& text) {
  const auto character = character_of(text);
  if (!character || core::kDelimiters.find(*character) == std::string_view::npos) {
    throw core::UsageError("--delimiter " + text + ": use `,` `;` `|` or `tab`");
  }
  return *character;
}

}  // namespace cmd
