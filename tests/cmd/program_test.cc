#include "cmd/program.h"

#include "cmd/cli/version.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cmd/os/process.h"
#include "cmd/os/standard_output.h"
#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace {

using cmd::Command;

// The output of a call, and its result.
struct Call {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs `action` in a child whose standard output and error are files; its exit code is the action's
// result. If a name is null, the descriptor is closed.
Call in_child(const std::function<int()>& action, const char* out_name = "out") {
  const support::TempDir dir;
  std::fflush(nullptr);  // the child must not write gtest's buffered output again
  const pid_t child = ::fork();
  if (child == 0) {
    const auto redirect = [&](const char* name, int fd) {
      ::close(fd);
      if (name == nullptr) {
        return;
      }
      const std::string path = name[0] == '/' ? name : dir.path(name);
      if (::open(path.c_str(), O_WRONLY | O_CREAT, 0600) != fd) {
        ::_exit(99);
      }
    };
    redirect("err", 2);
    redirect(out_name, 1);
    ::_exit(action());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return {.exit_code = WEXITSTATUS(status),
          .out = support::read_file(dir.path("out")),
          .err = support::read_file(dir.path("err"))};
}

cmd::ExitCode write_data(const cmd::Settings& settings, cmd::Log& log, std::ostream& out) {
  for (const std::string& argument : settings.arguments()) {
    out << argument << "\n";
  }
  log.note("written");
  return cmd::ExitCode::partly;
}

cmd::ExitCode throw_error(const cmd::Settings& /*settings*/, cmd::Log& /*log*/, std::ostream& out) {
  out << "half";
  throw core::Error("no luck\nat all");
}

cmd::ExitCode throw_unforeseen(const cmd::Settings& /*settings*/, cmd::Log& /*log*/,
                               std::ostream& /*out*/) {
  throw std::runtime_error("odd");
}

constexpr std::array<cmd::CommandEntry, 3> kCommands{{{Command::status, write_data},
                                                      {Command::report, throw_error},
                                                      {Command::verify, throw_unforeseen}}};

int call(const std::vector<std::string>& words) {
  const std::vector<cmd::LibraryVersion> libraries{{.name = "libfoo", .version = "1.2"}};
  return cmd::run_program({.commands = kCommands, .libraries = libraries}, words,
                          {{"XDG_CONFIG_HOME", "/nonexistent"}});
}

Call called(const std::vector<std::string>& words, const char* out_name = "out") {
  return in_child([&] { return call(words); }, out_name);
}

TEST(Program, DataAndMessagesGoToDifferentOutputs) {
  const Call result = called({"status", "a", "b"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "a\nb\n");
  EXPECT_EQ(result.err, "reeltally: note: written\n");
}

TEST(Program, FailuresAreNamedOnce) {
  struct Case {
    std::vector<std::string> words;
    int exit_code;
    const char* message;
  };
  const std::vector<Case> cases{
      {{"statsu"}, 2, "reeltally: error: unknown command `statsu` (did you mean status?)"},
      {{"status", "--color=x"}, 2, "reeltally: error: --color x is not one of"},
      {{"report"}, 1, "reeltally: error: no luck\\x0aat all\n"},
      {{"verify"}, 1, "reeltally: error: unexpected failure: odd"},
      {{"doctor"}, 1, "reeltally: error: `doctor` is not part of this build"},
      {{"report", "--log-format=json"}, 1, "{\"time\":\""},
      {{"statsu", "--log-format=json"}, 2, "{\"time\":\""},
      {{"status", "--color=x", "--log-format", "json"}, 2, "{\"time\":\""},
      {{"status", "--color=x", "--", "--log-format=json"}, 2, "reeltally: error: --color x"},
  };
  for (const Case& c : cases) {
    const Call result = called(c.words);
    EXPECT_EQ(result.exit_code, c.exit_code) << result.err;
    EXPECT_EQ(result.err.find(c.message), 0U) << result.err;
    EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
  }
}

TEST(Program, HelpAndVersionAreData) {
  EXPECT_EQ(called({"run", "--help"}).out.find("Usage: reeltally run"), 0U);
  const Call version = called({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out.find("reeltally " + std::string(cmd::program_version()) + "\nlibfoo 1.2\n"),
            0U);
  EXPECT_NE(version.out.find("spdlog "), std::string::npos);
}

// design.md, P4: an incomplete report is an error.
TEST(Program, OutputThatCannotBeWrittenIsAnError) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"status", "a"}, {"--help"}, {"--version"}}) {
    const Call full = called(words, "/dev/full");
    EXPECT_EQ(full.exit_code, 1);
    EXPECT_NE(full.err.find("cannot write to standard output: No space left"), std::string::npos)
        << full.err;
    EXPECT_EQ(called(words, nullptr).exit_code, 1);
  }
  EXPECT_EQ(called({"status"}, "/dev/full").exit_code, 3) << "nothing to write, nothing lost";
}

TEST(StandardOutput, WritesAllInOrder) {
  std::string expected;
  const Call result = in_child([&] {
    cmd::StandardOutput out;
    for (int i = 0; i < 40'000; ++i) {
      out << i << '\n';
    }
    out << std::string(200'000, 'x') << "end";
    out.finish();
    return 0;
  });
  for (int i = 0; i < 40'000; ++i) {
    expected += std::to_string(i) + "\n";
  }
  expected += std::string(200'000, 'x') + "end";
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out == expected) << result.out.size();
}

// Long before the end: a report of a million rows must not continue in vain.
TEST(StandardOutput, FailsWhereItHappens) {
  const Call result = in_child(
      [] {
        cmd::StandardOutput out;
        try {
          for (int i = 0; i < 100'000; ++i) {
            out << i << '\n';
          }
        } catch (const core::Error&) {
          return 7;
        }
        return 0;
      },
      "/dev/full");
  EXPECT_EQ(result.exit_code, 7);
}

TEST(Process, ClosedDescriptorsAreReplaced) {
  const Call result = in_child([] {
    for (int fd = 0; fd < 3; ++fd) {
      ::close(fd);
    }
    cmd::prepare_process();
    const int next = ::open("/dev/null", O_RDONLY);
    char byte = 0;
    const bool reads_nothing = ::read(0, &byte, 1) == 0;
    const bool data_is_an_error = ::write(1, "x", 1) < 0;
    const bool messages_vanish = ::write(2, "x", 1) == 1;
    return next > 2 && reads_nothing && data_is_an_error && messages_vanish ? 0 : 1;
  });
  EXPECT_EQ(result.exit_code, 0);
}

TEST(Process, KeepsFilesPrivate) {
  const Call result = in_child([] {
    cmd::prepare_process();
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    const bool no_core = core.rlim_cur == 0 && core.rlim_max == 0;
    const bool private_files = ::umask(0) == 077;
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      return 1;
    }
    ::close(ends[0]);
    const bool survives = ::write(ends[1], "x", 1) < 0;
    return no_core && private_files && survives ? 0 : 1;
  });
  EXPECT_EQ(result.exit_code, 0);
}

}  // namespace
