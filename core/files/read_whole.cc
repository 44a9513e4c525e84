#include "core/files/read_whole.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>

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

}  // namespace core
