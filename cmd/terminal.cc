#include "cmd/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>

namespace cmd {

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

std::size_t terminal_columns(int fd, const Environment& environment) {
  constexpr std::size_t kColumnsMin = 20;
  constexpr std::size_t kColumnsDefault = 80;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return std::max<std::size_t>(size.ws_col, kColumnsMin);
  }
  std::size_t columns = 0;
  const std::string text = variable(environment, "COLUMNS").value_or("");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  if (error != std::errc() || end != text.data() + text.size() || columns == 0) {
    return kColumnsDefault;
  }
  return std::max(columns, kColumnsMin);
}

bool use_color(std::string_view when, int fd, const Environment& environment) {
  if (when == "always") return true;
  if (when == "never" || variable(environment, "NO_COLOR")) return false;
  return is_terminal(fd) && variable(environment, "TERM").value_or("dumb") != "dumb";
}

}  // namespace cmd
