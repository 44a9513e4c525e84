#include "cmd/os/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace cmd {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Unicode's East Asian Width, W and F, by blocks.
constexpr std::array<Range, 14> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0xA4CF},
                                       {0xA960, 0xA97F},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF01, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1F64F},
                                       {0x1F680, 0x1F6FF},
                                       {0x1F900, 0x1F9FF},
                                       {0x1FA70, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 10> kCombining{{{0x300, 0x36F},
                                            {0x483, 0x489},
                                            {0x591, 0x5BD},
                                            {0x64B, 0x65F},
                                            {0x1AB0, 0x1AFF},
                                            {0x1DC0, 0x1DFF},
                                            {0x20D0, 0x20FF},
                                            {0x3099, 0x309A},
                                            {0xFE00, 0xFE0F},
                                            {0xFE20, 0xFE2F}}};

bool is_in(std::span<const Range> ranges, std::uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [code](const Range& range) {
    return code >= range.first && code <= range.last;
  });
}

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

bool is_dumb(const Environment& environment) {
  return variable(environment, "TERM").value_or("dumb") == "dumb";
}

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

std::size_t terminal_rows(int fd) {
  constexpr std::size_t kRowsMin = 2;
  constexpr std::size_t kRowsDefault = 24;
  winsize size{};
  const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
  return known ? std::max<std::size_t>(size.ws_row, kRowsMin) : kRowsDefault;
}

bool has_utf8(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = variable(environment, name).value_or("");
    if (!locale.empty()) {
      locale = core::lower_ascii(locale);
      return locale.ends_with("utf-8") || locale.ends_with("utf8");
    }
  }
  return false;
}

std::size_t text_columns(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const core::Utf8Character one = core::utf8_character(text, 0);
    const auto code = static_cast<std::uint32_t>(one.code);
    text.remove_prefix(one.bytes);
    columns += is_in(kCombining, code) ? 0U : is_in(kWide, code) ? 2U : 1U;
  }
  return columns;
}

std::string padded(std::string text, std::size_t columns) {
  const std::size_t used = text_columns(text);
  if (used < columns) {
    text.append(columns - used, ' ');
  }
  return text;
}

std::string cut(std::string_view text, std::size_t columns) {
  if (text_columns(text) <= columns) {
    return std::string(text);
  }
  constexpr std::string_view kDots = "...";
  const std::size_t room = columns - std::min(columns, kDots.size());
  std::size_t used = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t bytes = core::utf8_character(text, end).bytes;
    used += text_columns(text.substr(end, bytes));
    if (used > room) {
      break;
    }
    end += bytes;
  }
  return std::string(text.substr(0, end)) + std::string(kDots.substr(0, columns));
}

bool use_color(std::string_view when, int fd, const Environment& environment) {
  if (when == "always") {
    return true;
  }
  if (when == "never" || variable(environment, "NO_COLOR")) {
    return false;
  }
  return is_terminal(fd) && !is_dumb(environment);
}

}  // namespace cmd
