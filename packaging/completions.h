// Shell completions from the tables of commands and options.
#pragma once

#include <string>

namespace packaging {

[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

}  // namespace packaging
