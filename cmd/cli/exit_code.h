// The exit codes (operating.md), and the mapping from exceptions to exit codes.
#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace cmd {

/// Numbers as in operating.md, "Exit codes".
enum class ExitCode {
  ok = 0,
  fatal = 1,
  wrong_usage = 2,
  partly = 3,
  unfinished = 4,
  no_ledger = 10,
  ledger_busy = 11,
  key_rejected = 12,
  interrupted = 130,
  terminated = 143,
};

/// The exit code of the process, which is also recorded and sent to monitors.
[[nodiscard]] constexpr int exit_number(ExitCode code) { return static_cast<int>(code); }
/// Of a process that SIGINT or SIGTERM ended, as shells have it.
[[nodiscard]] constexpr ExitCode exit_code_of_signal(int signal) {
  constexpr int kSignalBase = 128;
  return static_cast<ExitCode>(kSignalBase + signal);
}

struct ExitMeaning {
  ExitCode code;
  std::string_view meaning;  ///< a few words for help and man pages
};

/// Every exit code, ascending.
[[nodiscard]] std::span<const ExitMeaning> exit_meanings();

/// How the program ends after an exception.
struct Failure {
  ExitCode exit_code = ExitCode::fatal;
  std::string message;  ///< one line, without the program's name; may hold text from outside
};

/// Maps an exception that reached main. Throws only std::bad_alloc.
[[nodiscard]] Failure failure_of(const std::exception_ptr& exception);

}  // namespace cmd
