// One call: parses the command line, loads the settings, runs the command, reports the failure.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "cmd/cli/commands.h"
#include "cmd/cli/environment.h"
#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"

namespace cmd {

/// Runs one command and returns its exit code. Data goes to `out`, messages to `log`; failures are
/// exceptions (core::UsageError, core::Error and those that failure_of knows).
using CommandFunction = ExitCode (*)(const Settings& settings, Log& log, std::ostream& out);

struct CommandEntry {
  Command command;
  CommandFunction function;
};

/// A library and its version, for --version and `doctor`.
struct LibraryVersion {
  std::string name;
  std::string version;
};

/// Everything that main passes to the program.
struct Program {
  std::span<const CommandEntry> commands;
  std::span<const LibraryVersion> libraries;
};

/// "reeltally 0.1.0" and a line for each library.
[[nodiscard]] std::string version_text(std::span<const LibraryVersion> libraries);

/// The whole call. `arguments`: those after the program's name. Returns the exit code. The only
/// place that catches all exceptions. If `out` cannot be written, the exit code is 1.
[[nodiscard]] int run_program(const Program& program, std::span<const std::string> arguments,
                              const Environment& environment);

}  // namespace cmd
