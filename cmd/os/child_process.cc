#include "cmd/os/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <sstream>
#include <utility>

#include "cmd/cli/units.h"
#include "cmd/os/spawn.h"
#include "core/error.h"
#include "core/files/descriptor.h"

namespace cmd {
namespace {

constexpr std::chrono::milliseconds kGrace{1'000};  // between SIGTERM and SIGKILL

// Reads the child's output line by line. It does not wait for the end of the pipe, because
// children of the child may keep it open.
class Output {
 public:
  explicit Output(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      throw core::Error("cannot make a pipe for --exec: " + core::errno_text(errno));
    }
    read_end_ = core::Descriptor(ends[0]);
    write_end_ = core::Descriptor(ends[1]);
    // Without O_NONBLOCK, since the child may rely on blocking writes.
    ::fcntl(write_end_.number(), F_SETFL, 0);
  }

  [[nodiscard]] int read_end() const { return is_open_ ? read_end_.number() : -1; }
  [[nodiscard]] int write_end() const { return write_end_.number(); }
  void close_write_end() { write_end_ = {}; }
  // Returns whether there was something to read.
  bool read_some() {
    std::array<char, 16'384> bytes{};
    const ssize_t got = ::read(read_end_.number(), bytes.data(), bytes.size());
    is_open_ = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
    for (ssize_t at = 0; at < got; ++at) {
      const char byte = bytes.at(static_cast<std::size_t>(at));
      if (byte != '\n') {
        line_.push_back(byte);
      }
      if (byte == '\n' || line_.size() >= kLineBytesMax) {
        end_line();
      }
    }
    return got > 0;
  }
  void finish() {
    constexpr int kReadsMax = 64;  // limits a child that prints without end
    for (int i = 0; i < kReadsMax && read_some(); ++i) {
    }
    end_line();
  }

 private:
  static constexpr std::size_t kLineBytesMax = 1024;

  // The rest is read, so that the child is not stopped by a full pipe, and dropped.
  void end_line() {
    const std::size_t before = shown_bytes_;
    shown_bytes_ += line_.size();
    if (shown_bytes_ <= kChildOutputMax) {
      if (!line_.empty()) {
        on_line_(line_);
      }
    } else if (before <= kChildOutputMax) {
      on_line_("(its further output is not shown)");
    }
    line_.clear();
  }

  const std::function<void(std::string_view)>& on_line_;
  core::Descriptor read_end_;
  core::Descriptor write_end_;
  bool is_open_ = true;
  std::string line_;
  std::size_t shown_bytes_ = 0;
};

// A descriptor that becomes readable when the child ends (pidfd_open(2)). Kernels before 5.3 and
// some sandboxes lack it: the child is then polled.
class ChildEnd {
 public:
  explicit ChildEnd(pid_t child)
      : child_(child), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, child, 0))) {}

  [[nodiscard]] int descriptor() const { return descriptor_.number(); }  // -1: none
  // The longest time to wait before the child is checked again.
  [[nodiscard]] std::chrono::milliseconds patience() const {
    constexpr std::chrono::milliseconds kLookEvery{20};
    return descriptor_.valid() ? std::chrono::milliseconds::max() : kLookEvery;
  }
  // Leaves the child as a zombie, so that it can still be waited for.
  [[nodiscard]] bool has_come() const {
    siginfo_t end{};
    return ::waitid(P_PID, static_cast<id_t>(child_), &end, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           end.si_pid == child_;
  }

 private:
  pid_t child_;
  core::Descriptor descriptor_;
};

// Waits for the child's end (true), for `stop_fd`, or until the time is over (false).
bool wait_for_end(const ChildEnd& child_end, int stop_fd, std::chrono::milliseconds timeout,
                  Output& output, bool& stopped) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (true) {
    std::array<pollfd, 3> fds{{{.fd = child_end.descriptor(), .events = POLLIN, .revents = 0},
                               {.fd = stop_fd, .events = POLLIN, .revents = 0},
                               {.fd = output.read_end(), .events = POLLIN, .revents = 0}}};
    const auto left = std::max(
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()),
        std::chrono::milliseconds(0));
    const int ready = ::poll(fds.data(), fds.size(),
                             static_cast<int>(std::min(left, child_end.patience()).count()));
    if (ready > 0 && fds[2].revents != 0) {
      output.read_some();
    }
    const bool ended = child_end.has_come();
    stopped = ready > 0 && (fds[1].revents & POLLIN) != 0;
    if (ended || stopped || left.count() == 0) {
      return ended;
    }
  }
}

}  // namespace

std::string run_child(const ChildProgram& program) {
  pid_t child = 0;
  Output output(program.on_line);
  SpawnRules rules(ChildGroup::own);
  rules.give_no_input();
  rules.give(output.write_end(), STDOUT_FILENO);
  rules.give(output.write_end(), STDERR_FILENO);
  if (const int error =
          rules.spawn(child, ChildTexts(program.arguments), ChildTexts(program.environment));
      error != 0) {
    return "it cannot be started: " + core::errno_text(error);
  }
  output.close_write_end();
  const ChildEnd child_end(child);
  bool stopped = false;
  const bool ended = wait_for_end(child_end, program.stop_fd, program.timeout, output, stopped);
  if (!ended) {
    ::kill(-child, SIGTERM);
    bool ignored = false;
    if (!wait_for_end(child_end, -1, kGrace, output, ignored)) {
      ::kill(-child, SIGKILL);
    }
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  output.finish();
  if (!ended) {
    return stopped ? "ended with the run" : "took longer than " + format_duration(program.timeout);
  }
  return describe_end(status);
}

std::string find_program(const std::string& name, const Environment& environment) {
  const auto runnable = [](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    return runnable(name) ? name : std::string();
  }
  std::istringstream folders(
      variable(environment, "PATH").value_or("/usr/local/bin:/usr/bin:/bin"));
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string path = (folder.empty() ? "." : folder) + "/" + name;
    if (runnable(path)) {
      return path;
    }
  }
  return {};
}

}  // namespace cmd
