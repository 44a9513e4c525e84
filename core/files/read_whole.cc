#include "core/files/read_whole.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>

#include "core/files/descriptor.h"

namespace core {

int read_whole(int file, const std::function<void(std::string_view piece)>& take) {
  constexpr std::size_t kReadBytes = std::size_t{256} * 1024;           // fits into a core's cache
  static_cast<void>(posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL));  // only a hint
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  off_t offset = 0;
  while (true) {
    const ssize_t count = pread(file, buffer.get(), kReadBytes, offset);
    if (count == 0) {
      return 0;
    }
    if (count > 0) {
      take(std::string_view(buffer.get(), static_cast<std::size_t>(count)));
      offset += count;
    } else if (errno != EINTR) {
      return errno;
    }
  }
}

std::optional<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
  // O_NONBLOCK: a FIFO must not hold the program before it is refused.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.valid() || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > static_cast<off_t>(bytes_max)) {
    return std::nullopt;
  }
  std::string text;
  const int error = read_whole(file.number(), [&](std::string_view piece) { text += piece; });
  return error == 0 && text.size() <= bytes_max ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace core
