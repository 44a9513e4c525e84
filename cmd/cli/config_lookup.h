// Finds the configuration file, and decides whether it can be trusted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cmd/cli/command_line.h"
#include "cmd/cli/config_file.h"
#include "cmd/cli/environment.h"

namespace cmd {

/// $`xdg_name`, else `below_home` in the home folder; none without either.
[[nodiscard]] std::optional<std::string> xdg_folder(const Environment& environment,
                                                    std::string_view xdg_name,
                                                    std::string_view below_home);

/// Reads the file of --config or REELTALLY_CONFIG, else the user's, else `system_config`; empty if
/// none exists. Throws core::UsageError for a file that cannot be read, that parse_config refuses,
/// or that names what needs trust (OptionSpec::needs_trust, an account) although others can write
/// it.
[[nodiscard]] ConfigFile load_config(const CommandLine& line, const Environment& environment,
                                     std::string_view system_config);

}  // namespace cmd
