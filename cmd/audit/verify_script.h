// verify.py, which proves a bundle without this program.
#pragma once

#include <string_view>

namespace cmd {

/// The bytes of cmd/audit/verify.py, built in.
[[nodiscard]] std::string_view verify_script();

}  // namespace cmd
