#include "cmd/os/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <vector>

namespace {

// A pseudo terminal of a given width.
class Terminal {
 public:
  explicit Terminal(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    if (::grantpt(master_) != 0 || ::unlockpt(master_) != 0) {
      return;
    }
    fd_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(fd_, TIOCSWINSZ, &size);
  }
  ~Terminal() {
    ::close(fd_);
    ::close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int master_;
  int fd_ = -1;
};

TEST(Terminal, Columns) {
  EXPECT_EQ(cmd::terminal_columns(Terminal(132).fd(), {{"COLUMNS", "50"}}), 132U);
  EXPECT_EQ(cmd::terminal_columns(Terminal(5).fd(), {}), 20U);
  const std::vector<std::pair<const char*, std::size_t>> cases{{"50", 50}, {"3", 20},   {"0", 80},
                                                               {"x", 80},  {"50x", 80}, {"", 80}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(cmd::terminal_columns(-1, {{"COLUMNS", text}}), expected) << text;
  }
}

TEST(Terminal, TextColumns) {
  const std::vector<std::pair<const char*, std::size_t>> cases{
      {"", 0},          {"plain", 5}, {"M\xc3\xbcller", 6}, {"\xe6\x97\xb6\xe9\x95\xbf", 4},
      {"e\xcc\x81", 1}, {"\\x1b", 4}, {"\xe2\x80\xa6", 1},  {"\xf0\x9f\x8e\xac", 2}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(cmd::text_columns(text), expected) << text;
  }
  EXPECT_EQ(cmd::padded("\xe6\x97\xb6", 4), "\xe6\x97\xb6  ");
  EXPECT_EQ(cmd::padded("longer", 4), "longer");
}

TEST(Terminal, CutsATextToColumns) {
  EXPECT_EQ(cmd::cut("abcdef", 6), "abcdef");
  EXPECT_EQ(cmd::cut("abcdefg", 6), "abc...");
  EXPECT_EQ(cmd::cut("abcdefg", 2), "..");
  EXPECT_EQ(cmd::cut("\xE6\x97\xA5\xE6\x9C\xAC\xE6\x97\xA5", 5), "\xE6\x97\xA5...")
      << "two columns each";
}

TEST(Terminal, TheLocaleSaysWhetherThereIsUtf8) {
  const std::vector<std::pair<cmd::Environment, bool>> cases{
      {{}, false},
      {{{"LANG", "C"}}, false},
      {{{"LANG", "de_DE.UTF-8"}}, true},
      {{{"LANG", "C.utf8"}}, true},
      {{{"LANG", "zh_CN.GB18030"}}, false},
      {{{"LANG", "C"}, {"LC_CTYPE", "C.UTF-8"}}, true},
      {{{"LANG", "C.UTF-8"}, {"LC_CTYPE", ""}}, true},
      {{{"LANG", "C.UTF-8"}, {"LC_ALL", "C"}}, false}};
  for (const auto& [environment, expected] : cases) {
    EXPECT_EQ(cmd::has_utf8(environment), expected);
  }
}

TEST(Terminal, Color) {
  const Terminal terminal(80);
  ASSERT_TRUE(cmd::is_terminal(terminal.fd()));
  const cmd::Environment xterm{{"TERM", "xterm"}};
  EXPECT_TRUE(cmd::use_color("auto", terminal.fd(), xterm));
  EXPECT_FALSE(cmd::use_color("auto", terminal.fd(), {{"TERM", "dumb"}}));
  EXPECT_FALSE(cmd::use_color("auto", terminal.fd(), {}));
  EXPECT_FALSE(cmd::use_color("auto", terminal.fd(), {{"TERM", "xterm"}, {"NO_COLOR", "1"}}));
  EXPECT_TRUE(cmd::use_color("auto", terminal.fd(), {{"TERM", "xterm"}, {"NO_COLOR", ""}}));
  EXPECT_FALSE(cmd::use_color("never", terminal.fd(), xterm));
  EXPECT_TRUE(cmd::use_color("always", -1, {{"NO_COLOR", "1"}}));
  EXPECT_FALSE(cmd::use_color("auto", -1, xterm));
}

}  // namespace
