// Parses argv into a command, its options and its arguments.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cmd/cli/commands.h"
#include "cmd/cli/options.h"

namespace cmd {

/// One option as it was given. `text` is its value; "true" for a flag given without one.
struct GivenOption {
  const OptionSpec* option = nullptr;
  std::string text;
};

/// The parsed command line.
struct CommandLine {
  enum class Request { command, help, version };
  Request request = Request::command;
  /// The command to run, or the one to help with; none: help about all.
  std::optional<Command> command{};
  std::vector<GivenOption> options{};    ///< in the order given
  std::vector<std::string> arguments{};  ///< everything that is no option, in order
};

/// Reads the arguments after the program's name. Common options may stand before the command;
/// `--` ends options and `-` is an argument. Values are not looked at here (see Settings).
/// Throws core::UsageError for an unknown command or option (with the nearest right one), for a
/// missing value and for too few or too many arguments.
[[nodiscard]] CommandLine parse_command_line(std::span<const std::string> arguments);

/// Version of the library that reads options, for --version.
[[nodiscard]] std::string cxxopts_version_text();

}  // namespace cmd
