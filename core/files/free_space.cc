#include "core/files/free_space.h"

#include <sys/statvfs.h>

namespace core {

std::optional<std::int64_t> free_bytes(const std::string& path) {
  struct statvfs status {};
  if (statvfs(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(status.f_bavail * status.f_frsize);
}

}  // namespace core
