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

ssize_t read_at(int file, void* into, std::size_t bytes, off_t offset) {
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t count = pread(file, static_cast<char*>(into) + have, bytes - have,
                                offset + static_cast<off_t>(have));
    if (count == 0) {
      break;
    }
    if (count < 0 && errno != EINTR) {
      return -1;
    }
    have += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  return static_cast<ssize_t>(have);
}

int read_whole(int file, const std::function<void(std::string_view piece)>& take) {
  constexpr std::size_t kReadBytes = std::size_t{256} * 1024;           // fits into a core's cache
  static_cast<void>(posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL));  // only a hint
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  off_t offset = 0;
  while (true) {
    const ssize_t count = read_at(file, buffer.get(), kReadBytes, offset);
    if (count <= 0) {
      return count == 0 ? 0 : errno;
    }
    take(std::string_view(buffer.get(), static_cast<std::size_t>(count)));
    if (static_cast<std::size_t>(count) < kReadBytes) {
      return 0;
    }
    offset += count;
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
