// The one table of commands: what parsing, help, man pages and completions know of each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cmd/cli/exit_code.h"

namespace cmd {

enum class Command {
  run,
  import_tasks,
  status,
  runs,
  report,
  close,
  audit,
  reconcile,
  forecast,
  prices_check,
  verify,
  doctor,
  serve,
  forget,
  db_migrate,
  db_check,
  db_backup,
  db_copy,
  db_prune,
  config,
};

/// A set of commands, for the rows of the option table.
class CommandSet {
 public:
  constexpr CommandSet() = default;
  // Implicit: converts a command to a set with one element, so that rows can say `Command::run`.
  constexpr CommandSet(Command command)  // NOLINT(google-explicit-constructor)
      : bits_(1U << static_cast<unsigned>(command)) {}
  [[nodiscard]] static constexpr CommandSet all() { return CommandSet(~0U); }
  [[nodiscard]] static constexpr CommandSet all_but(CommandSet others) {
    return CommandSet(~others.bits_);
  }
  [[nodiscard]] constexpr bool contains(Command command) const {
    return (bits_ & CommandSet(command).bits_) != 0;
  }
  friend constexpr CommandSet operator|(CommandSet left, CommandSet right) {
    return CommandSet(left.bits_ | right.bits_);
  }

 private:
  explicit constexpr CommandSet(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

constexpr CommandSet operator|(Command left, Command right) {
  return CommandSet(left) | CommandSet(right);
}

inline constexpr int kAnyNumber = -1;

struct CommandSpec {
  Command command;
  std::string_view name;         ///< one word, or two: "db prune"
  std::string_view arguments{};  ///< as in a usage line: "[FILE...]"; empty: takes none
  int arguments_min = 0;
  int arguments_max = 0;         ///< kAnyNumber: no limit
  std::string_view summary;      ///< one line, no full stop
  std::string_view description;  ///< a few sentences
  std::string_view example;      ///< a command line
  std::span<const ExitCode> exit_codes;
};

/// Every command, in the order in which help lists them.
[[nodiscard]] std::span<const CommandSpec> command_table();
[[nodiscard]] const CommandSpec& spec_of(Command command);
/// By its full name ("run", "db prune"); null when there is none.
[[nodiscard]] const CommandSpec* find_command(std::string_view name);

}  // namespace cmd
