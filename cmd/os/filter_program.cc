#include "cmd/os/filter_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <csignal>

#include "cmd/cli/units.h"
#include "cmd/os/spawn.h"
#include "core/error.h"
#include "core/files/descriptor.h"

namespace cmd {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw core::Error("cannot make a pipe: " + core::errno_text(errno));
    }
    read_end = core::Descriptor(ends[0]);
    write_end = core::Descriptor(ends[1]);
  }

  core::Descriptor read_end;
  core::Descriptor write_end;
};

pid_t spawn_filter(const FilterProgram& program, const Pipe& input, const Pipe& output) {
  SpawnRules rules(ChildGroup::ours);
  rules.give(input.read_end.number(), STDIN_FILENO);
  rules.give(output.write_end.number(), STDOUT_FILENO);
  pid_t child = 0;
  if (const int error =
          rules.spawn(child, ChildTexts({program.path}), ChildTexts(program.environment));
      error != 0) {
    throw core::Error("it cannot be started: " + core::errno_text(error));
  }
  return child;
}

// A child that is ended and waited for, whatever happens.
class FilterChild {
 public:
  explicit FilterChild(pid_t child) : child_(child) {}
  ~FilterChild() {
    if (!ended_) {
      ::kill(child_, SIGKILL);
      static_cast<void>(wait(0));
    }
  }
  FilterChild(const FilterChild&) = delete;
  FilterChild& operator=(const FilterChild&) = delete;

  [[nodiscard]] bool has_ended() { return ended_ || wait(WNOHANG); }
  [[nodiscard]] std::string end() const { return describe_end(status_); }

 private:
  bool wait(int options) {
    pid_t got = 0;
    while ((got = ::waitpid(child_, &status_, options)) < 0 && errno == EINTR) {
    }
    ended_ = got != 0;
    return ended_;
  }

  pid_t child_;
  int status_ = 0;
  bool ended_ = false;
};

// Reads what is there; false at the end of the pipe.
bool read_some(const core::Descriptor& pipe, const FilterProgram& program, std::string& output) {
  std::array<char, 4096> bytes{};
  const ssize_t got = ::read(pipe.number(), bytes.data(), bytes.size());
  if (got > 0) {
    output.append(bytes.data(), static_cast<std::size_t>(got));
  }
  if (output.size() > program.output_bytes_max) {
    throw core::Error("it writes more than " +
                      format_size(static_cast<std::int64_t>(program.output_bytes_max)));
  }
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

// To the end of the child. A child of the child may keep the pipe open.
std::string read_all(const core::Descriptor& pipe, const FilterProgram& program,
                     FilterChild& child) {
  constexpr std::chrono::milliseconds kLookEvery{50};
  const auto deadline = std::chrono::steady_clock::now() + program.timeout;
  std::string output;
  bool open = true;
  while (true) {
    const bool ended = child.has_ended();  // before the last look into the pipe
    pollfd ready{.fd = open ? pipe.number() : -1, .events = POLLIN, .revents = 0};
    const int found = ::poll(&ready, 1, ended ? 0 : static_cast<int>(kLookEvery.count()));
    if (found > 0) {
      open = read_some(pipe, program, output);
    } else if (ended) {
      return output;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw core::Error("it took longer than " + format_duration(program.timeout));
    }
    if (ended && !open) {
      return output;
    }
  }
}

}  // namespace

std::string run_filter(const FilterProgram& program) {
  assert(program.input.size() <= PIPE_BUF);
  Pipe input;
  Pipe output;
  FilterChild child(spawn_filter(program, input, output));
  input.read_end = {};
  output.write_end = {};
  // It fits into the pipe. A program that does not read it is no failure: SIGPIPE is ignored.
  if (::write(input.write_end.number(), program.input.data(), program.input.size()) < 0 &&
      errno != EPIPE) {
    throw core::Error("it cannot be given its input: " + core::errno_text(errno));
  }
  input.write_end = {};
  std::string bytes = read_all(output.read_end, program, child);
  if (const std::string end = child.end(); !end.empty()) {
    throw core::Error(end);
  }
  return bytes;
}

}  // namespace cmd
