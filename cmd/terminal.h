// What the other end of a file descriptor is: a terminal, how wide, in colour or not.
#pragma once

#include <cstddef>
#include <string_view>

#include "cmd/environment.h"

namespace cmd {

[[nodiscard]] bool is_terminal(int fd);

/// Columns of the terminal behind `fd`, else $COLUMNS, else 80; 20 at least.
[[nodiscard]] std::size_t terminal_columns(int fd, const Environment& environment);

/// Whether to colour what goes to `fd`. `when` is --color: always, never, or auto: on a terminal
/// that is not dumb, unless NO_COLOR is set (no-color.org).
[[nodiscard]] bool use_color(std::string_view when, int fd, const Environment& environment);

}  // namespace cmd
