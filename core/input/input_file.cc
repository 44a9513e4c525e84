#include "core/input/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>

#include "core/error.h"
#include "core/files/descriptor.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::size_t kPathMax = 100;

// Returns when a read would not block: for data, the end or an error.
void wait_for_input(int descriptor, const InputPatience& patience) {
  constexpr std::int64_t kWaitMsMax = 60'000;
  while (true) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience.until - now);
    std::array<pollfd, 2> ready{{{patience.stop, POLLIN, 0}, {descriptor, POLLIN, 0}}};
    const int count = poll(ready.data(), ready.size(),
                           static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kWaitMsMax)));
    if (count > 0 && ready[0].revents != 0) {
      throw Stopped("stopped while reading the input");
    }
    if (now >= patience.until) {
      throw Stopped("the deadline passed before the end of the input");
    }
    if (count > 0 || (count < 0 && errno != EINTR)) {
      return;
    }
  }
}

}  // namespace

ReadBytes open_input(const std::string& path, const InputPatience* patience) {
  const auto refuse = [path](const char* doing, int error) {
    throw UsageError(std::string("cannot ") + doing + " " + printable(path, kPathMax) + ": " +
                     errno_text(error));
  };
  const bool is_stdin = path == "-";
  // O_NONBLOCK: a pipe without a writer must not block in open(), where the time limit has no
  // effect.
  const int number =
      is_stdin ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (number < 0) {
    refuse("open", errno);
  }
  // Standard input is not closed.
  const auto owner = std::make_shared<const Descriptor>(is_stdin ? -1 : number);
  struct stat status {};
  if (fstat(number, &status) == 0 && S_ISDIR(status.st_mode)) {
    refuse("read", EISDIR);
  }
  const bool may_block = !S_ISREG(status.st_mode);
  return [owner, number, refuse, patience, may_block](char* buffer, std::size_t size) {
    while (true) {
      if (patience != nullptr || may_block) {
        wait_for_input(number, patience != nullptr ? *patience : InputPatience());
      }
      const ssize_t got = read(number, buffer, size);
      if (got >= 0) {
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR && errno != EAGAIN) {
        refuse("read", errno);
      }
    }
  };
}

}  // namespace core
