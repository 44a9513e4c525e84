// JSON for people's tools: one value a line.
#pragma once

#include <iosfwd>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/domain/money.h"

namespace cmd {

/// Whether the text is a number of JSON (RFC 8259 §6): "007", "+5" and ".5" are not.
[[nodiscard]] bool is_json_number(std::string_view text);

/// A number with all digits of its text, which nlohmann's own numbers, doubles, would round: only
/// for the writers below. A text that is no number of JSON stays text.
[[nodiscard]] nlohmann::ordered_json exact_number(std::string_view text);
[[nodiscard]] nlohmann::ordered_json exact_number(const core::Decimal& number);
/// An object of exact numbers.
[[nodiscard]] nlohmann::ordered_json exact_numbers(
    const std::map<std::string, core::Decimal>& numbers);

/// Without line feeds; bytes that are no UTF-8 become U+FFFD. `only_ascii`: all else is escaped.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& value, bool only_ascii = false);
/// For a file that people read: one member a line, indented by two blanks, and a line feed.
[[nodiscard]] std::string json_page(const nlohmann::ordered_json& value);

/// `json_text` as a line.
void print_json(std::ostream& out, const nlohmann::ordered_json& value, bool only_ascii = false);

}  // namespace cmd
