#pragma once

#include <string_view>

namespace cmd {

/// "0.1.0"
[[nodiscard]] std::string_view program_version();

}  // namespace cmd
