// JSON for people's tools: one value a line.
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace cmd {

/// Without line feeds; bytes that are no UTF-8 become U+FFFD. `only_ascii`: all else is escaped.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& value, bool only_ascii = false);

/// `json_text` as a line.
void print_json(std::ostream& out, const nlohmann::ordered_json& value, bool only_ascii = false);

}  // namespace cmd
