// The environment variables as a value, so that tests can use their own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cmd {

using Environment = std::map<std::string, std::string, std::less<>>;

/// The variables of this process. If HOME is not set, it is the user's home in /etc/passwd. Call it
/// before there are other threads.
[[nodiscard]] Environment process_environment();
/// The variable's value; none when it is unset or empty.
[[nodiscard]] std::optional<std::string> variable(const Environment& environment,
                                                  std::string_view name);

}  // namespace cmd
