#include "core/files/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

namespace core {
namespace {

// Repeats the call while a signal interrupts it.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) {
    result = call();
  }
  return result;
}

Descriptor open_child(int folder, const std::string& name, int flags, mode_t mode) {
  return Descriptor(
      uninterrupted([&] { return openat(folder, name.c_str(), flags | O_NOFOLLOW, mode); }));
}

Descriptor open_by_parts(int folder, const std::string& path, int flags, mode_t mode) {
  Descriptor parent;
  std::size_t begin = 0;
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', begin)) {
    parent =
        open_child(folder, path.substr(begin, slash - begin), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (!parent.valid()) {
      return parent;
    }
    folder = parent.number();
    begin = slash + 1;
  }
  return open_child(folder, path.substr(begin), flags, mode);
}

}  // namespace

SplitPath split_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {"", std::string(path)};
  }
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

std::string draft_path(const std::string& target) {
  const std::string name = split_path(target).name;
  return target.substr(0, target.size() - name.size()) + "." + name + "." +
         std::to_string(getpid()) + ".tmp";
}

Descriptor open_beneath(int folder, const std::string& path, int flags, mode_t mode) {
  flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags) | O_NOFOLLOW;
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long number =
      uninterrupted([&] { return syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how); });
  if (number == -1 && (errno == ENOSYS || errno == EPERM)) {
    return open_by_parts(folder, path, flags, mode);
  }
  return Descriptor(static_cast<int>(number));
}

bool is_named(int file, int folder, const std::string& name) {
  struct stat opened {};
  struct stat named {};
  return fstat(file, &opened) == 0 &&
         fstatat(folder, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

int link_file(int file, int to_folder, const std::string& to) {
  const std::string open_file = "/proc/self/fd/" + std::to_string(file);
  if (linkat(AT_FDCWD, open_file.c_str(), to_folder, to.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    return 0;
  }
  constexpr std::array kNoLinks = {EPERM, ENOSYS, EOPNOTSUPP, EXDEV, EMLINK};
  const int error = errno;
  if (std::find(kNoLinks.begin(), kNoLinks.end(), error) != kNoLinks.end()) {
    return EOPNOTSUPP;
  }
  struct stat opened {};
  const bool has_a_name = fstat(file, &opened) == 0 && opened.st_nlink > 0;
  return error == ENOENT && has_a_name ? EOPNOTSUPP : error;
}

int move_without_replacing(int from_folder, const std::string& from, int to_folder,
                           const std::string& to) {
  if (renameat2(from_folder, from.c_str(), to_folder, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  if (linkat(from_folder, from.c_str(), to_folder, to.c_str(), 0) == 0) {
    return unlinkat(from_folder, from.c_str(), 0) == 0 ? 0 : errno;
  }
  if (errno != EPERM && errno != ENOSYS && errno != EOPNOTSUPP) {
    return errno;
  }
  // O_EXCL proves that the name was free, so this empty file is ours to replace.
  if (!open_child(to_folder, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR)
           .valid()) {
    return errno;
  }
  if (renameat(from_folder, from.c_str(), to_folder, to.c_str()) == 0) {
    return 0;
  }
  const int error = errno;
  static_cast<void>(unlinkat(to_folder, to.c_str(), 0));
  return error;
}

int write_at(int file, std::string_view bytes, off_t offset, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    const ssize_t count = uninterrupted([&] {
      return pwrite(file, bytes.data() + written, bytes.size() - written,
                    offset + static_cast<off_t>(written));
    });
    if (count < 0) {
      return errno;
    }
    if (count == 0) {
      return EIO;  // a file system that writes nothing and reports no error
    }
    written += static_cast<std::size_t>(count);
  }
  return 0;
}

int sync_folder(int folder) { return fsync(folder) == 0 || errno == EINVAL ? 0 : errno; }

}  // namespace core
