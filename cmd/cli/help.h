// The texts of --help, from the tables of commands and options.
#pragma once

#include <cstddef>
#include <string>

#include "cmd/cli/commands.h"
#include "cmd/cli/options.h"

namespace cmd {

inline constexpr std::size_t kHelpColumnsMax = 80;

/// What the program is for, its commands, common options and exit codes.
[[nodiscard]] std::string program_help();
/// Usage, description, grouped options with their defaults, an example, exit codes.
[[nodiscard]] std::string command_help(Command command);

/// "  -o, --output DIR": an option as help and man pages show it.
[[nodiscard]] std::string option_synopsis(const OptionSpec& option);
/// The option's help with its default, one paragraph.
[[nodiscard]] std::string option_description(const OptionSpec& option);

}  // namespace cmd
