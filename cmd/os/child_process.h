// Runs a program that the user chose.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/environment.h"

namespace cmd {

struct ChildProgram {
  std::vector<std::string>
      arguments;  ///< the program first; without a slash it is looked up in PATH
  Environment environment;
  std::chrono::milliseconds timeout{};
  int stop_fd = -1;  ///< once readable, the child is ended; -1: none
  std::function<void(std::string_view line)> on_line;  ///< its output; may hold any text
};

/// So many bytes of a child's output are passed on, as for other programs of the user; then one
/// line says that the rest is not shown.
inline constexpr std::size_t kChildOutputMax = std::size_t{64} * 1024;

/// Runs the program to its end and returns what is wrong with it: "exit code 3", "signal 9", "took
/// longer than 5m" …; empty: exit code 0. No shell. The child has default signals, a process group
/// of its own, /dev/null as standard input and one pipe for both outputs. Any thread.
[[nodiscard]] std::string run_child(const ChildProgram& program);

/// The path that run_child would use; empty if the program is not found or not executable.
[[nodiscard]] std::string find_program(const std::string& name, const Environment& environment);

}  // namespace cmd
