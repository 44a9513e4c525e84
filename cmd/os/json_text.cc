#include "cmd/os/json_text.h"

#include <nlohmann/json.hpp>
#include <ostream>

namespace cmd {

std::string json_text(const nlohmann::ordered_json& value, bool only_ascii) {
  constexpr int kOneLine = -1;
  return value.dump(kOneLine, ' ', only_ascii, nlohmann::ordered_json::error_handler_t::replace);
}

void print_json(std::ostream& out, const nlohmann::ordered_json& value, bool only_ascii) {
  out << json_text(value, only_ascii) << '\n';
}

}  // namespace cmd
