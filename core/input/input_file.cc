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

// Notices that a regular file became shorter while it was read: its end is then not the end of the
// list.
class FileLength {
 public:
  FileLength(int number, const struct stat& at_open)
      : number_(number), longest_(S_ISREG(at_open.st_mode) ? at_open.st_size : 0) {
    // Files whose size is not known (of /proc) state 0.
    if (longest_ > 0) {
      position_ = std::max<off_t>(lseek(number, 0, SEEK_CUR), 0);
    }
  }

  void add(ssize_t bytes) {
    position_ += bytes;
    longest_ = longest_ > 0 ? std::max(longest_, position_) : 0;
  }
  [[nodiscard]] bool has_shrunk() const {
    struct stat now {};
    return longest_ > 0 && fstat(number_, &now) == 0 && now.st_size < longest_;
  }

 private:
  int number_;
  off_t longest_;  // 0: not known
  off_t position_ = 0;
};

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
  return [owner, number, path, refuse, patience, may_block, length = FileLength(number, status)](
             char* buffer, std::size_t size) mutable {
    while (true) {
      if (patience != nullptr || may_block) {
        wait_for_input(number, patience != nullptr ? *patience : InputPatience());
      }
      const ssize_t got = read(number, buffer, size);
      if (got == 0 && length.has_shrunk()) {
        throw UsageError("cannot read " + printable(path, kPathMax) +
                         " to its end: it became shorter while it was read; write a list under "
                         "another name, and rename it when it is complete");
      }
      if (got >= 0) {
        length.add(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR && errno != EAGAIN) {
        refuse("read", errno);
      }
    }
  };
}

}  // namespace core
