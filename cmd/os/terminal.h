// Whether a file descriptor is a terminal, its width, and whether to use colour.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cmd/cli/environment.h"

namespace cmd {

[[nodiscard]] bool is_terminal(int fd);
/// True if $TERM is unset, or names a terminal without escape sequences.
[[nodiscard]] bool is_dumb(const Environment& environment);

/// Columns of the terminal behind `fd`, else $COLUMNS, else 80; 20 at least.
[[nodiscard]] std::size_t terminal_columns(int fd, const Environment& environment);

/// Rows of the terminal behind `fd`, else 24; 2 at least.
[[nodiscard]] std::size_t terminal_rows(int fd);

/// Whether the locale of the environment (LC_ALL, else LC_CTYPE, else LANG) has UTF-8.
[[nodiscard]] bool has_utf8(const Environment& environment);

/// Whether to colour what goes to `fd`. `when` is --color: always, never, or auto: on a terminal
/// that is not dumb, unless NO_COLOR is set (no-color.org).
[[nodiscard]] bool use_color(std::string_view when, int fd, const Environment& environment);

/// The width in columns of a text from core::printable: Chinese, Japanese, Korean characters and
/// most emoji take two columns, combining accents none.
[[nodiscard]] std::size_t text_columns(std::string_view text);
/// The text padded with blanks to `columns`, for the next column of a table.
[[nodiscard]] std::string padded(std::string text, std::size_t columns);
/// The text if it fits into `columns`, else its beginning and "...".
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);

}  // namespace cmd
