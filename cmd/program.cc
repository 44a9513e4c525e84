#include "cmd/program.h"

#include <exception>
#include <optional>

#include "cmd/cli/command_line.h"
#include "cmd/cli/config_file.h"
#include "cmd/cli/help.h"
#include "cmd/cli/version.h"
#include "cmd/os/standard_output.h"
#include "core/error.h"

namespace cmd {
namespace {

CommandFunction function_of(const Program& program, Command command) {
  for (const CommandEntry& entry : program.commands) {
    if (entry.command == command) {
      return entry.function;
    }
  }
  throw core::Error("`" + std::string(spec_of(command).name) +
                    "` is not part of this build of reeltally");
}

std::string requested_text(const CommandLine& line, const Program& program) {
  if (line.request == CommandLine::Request::version) {
    return version_text(program.libraries);
  }
  return line.command ? command_help(*line.command) : program_help();
}

// Whether to log JSON before the settings are loaded: a reader of JSON lines must get only JSON,
// even for a mistake in the command line or the file.
LogOptions early_log_options(std::span<const std::string> arguments,
                             const Environment& environment) {
  LogOptions options = log_options(environment);
  bool json = variable(environment, environment_name("log-format")) == "json";
  for (std::size_t at = 0; at < arguments.size() && arguments[at] != "--"; ++at) {
    json = json || arguments[at] == "--log-format=json" ||
           (arguments[at] == "json" && at > 0 && arguments[at - 1] == "--log-format");
  }
  if (json) {
    options.format = LogFormat::json;
  }
  return options;
}

// The part that can fail; replaces `log` by the one of the settings once they are loaded.
ExitCode run_line(const Program& program, std::span<const std::string> arguments,
                  const Environment& environment, std::optional<Log>& log) {
  StandardOutput out;
  const CommandLine line = parse_command_line(arguments);
  if (line.request != CommandLine::Request::command) {
    out << requested_text(line, program);
    out.finish();
    return ExitCode::ok;
  }
  const Settings settings = Settings::load(line, environment);
  log.emplace(log_options(settings));
  for (const std::string& warning : unknown_variables(settings.environment())) {
    log->warning(warning);
  }
  const ExitCode exit_code = function_of(program, *line.command)(settings, *log, out);
  out.finish();
  return exit_code;
}

}  // namespace

std::string version_text(std::span<const LibraryVersion> libraries) {
  std::string text = "reeltally " + std::string(program_version()) + "\n";
  const auto append = [&](std::string_view name, std::string_view version) {
    text.append(name).append(" ").append(version).append("\n");
  };
  for (const LibraryVersion& library : libraries) {
    append(library.name, library.version);
  }
  append("cxxopts", cxxopts_version_text());
  append("spdlog", spdlog_version_text());
  append("toml++", toml_version_text());
  return text;
}

int run_program(const Program& program, std::span<const std::string> arguments,
                const Environment& environment) {
  std::optional<Log> log;
  try {
    log.emplace(early_log_options(arguments, environment));
    return exit_number(run_line(program, arguments, environment, log));
  } catch (...) {
    const Failure failure = failure_of(std::current_exception());
    if (log) {
      log->error(failure.message);
    }
    return exit_number(failure.exit_code);
  }
}

}  // namespace cmd
