#include "cmd/cli/environment.h"

#include <pwd.h>
#include <unistd.h>

namespace cmd {

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  if (!environment.contains("HOME")) {
    const passwd* user = ::getpwuid(::geteuid());
    if (user != nullptr) {
      environment.emplace("HOME", user->pw_dir);
    }
  }
  return environment;
}

std::optional<std::string> variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty()) {
    return std::nullopt;
  }
  return found->second;
}

}  // namespace cmd
