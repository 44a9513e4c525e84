// Runs a program that the user chose as a filter: bytes in, bytes out.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "cmd/cli/environment.h"

namespace cmd {

struct FilterProgram {
  std::string path;
  Environment environment;
  std::string input;  ///< at most PIPE_BUF bytes
  std::chrono::milliseconds timeout{};
  std::size_t output_bytes_max = 0;
};

/// Runs the program to its end, with `input` as its standard input, and returns its standard
/// output. It shares the standard error and the terminal, so that it may ask for a passphrase. No
/// shell. Throws core::Error, which says what is wrong: "exit code 3", "took longer than 10m" ….
[[nodiscard]] std::string run_filter(const FilterProgram& program);

}  // namespace cmd
