#include "core/files/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/error.h"

namespace core {
namespace {

namespace fs = std::filesystem;

// Follows all symbolic links at the end of `path`, whether the target exists or not. Only for a
// path without an obstacle, which the kernel can follow too: there is no loop, no link of another
// user in /tmp, and no pipe behind /dev/stdout.
std::string target_of(const std::string& path) {
  fs::path target = path;
  std::error_code error;
  constexpr int kLinksMax = 40;  // the limit of Linux
  for (int i = 0; i < kLinksMax && fs::is_symlink(target, error); ++i) {
    const fs::path next = fs::read_symlink(target, error);
    if (error) {
      break;
    }
    target = target.parent_path() / next;  // an absolute `next` replaces the whole path
  }
  return target;
}

// Why `path` must not be replaced; empty if it may be.
std::string obstacle(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? std::string() : errno_text(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return "it is not a regular file";
  }
  constexpr std::string_view kDatabase("SQLite format 3\0", 16);
  std::array<char, kDatabase.size()> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  return std::string_view(begin.data(), begin.size()) == kDatabase ? "it is a database"
                                                                   : std::string();
}

// `path` with its links resolved. Throws if it must not be replaced.
std::string checked_target(const std::string& path) {
  if (const std::string why = obstacle(path); !why.empty()) {
    throw Error("cannot replace " + path + ": " + why);
  }
  return target_of(path);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path)
    : path_(path), draft_(AT_FDCWD, checked_target(path)) {
  draft_.remove();  // left by a dead process with the same process ID
  require(draft_.create(), "cannot create");
}

void AtomicFile::write(std::string_view text) { require(draft_.write(text), "cannot write"); }

void AtomicFile::prepare(mode_t mode) {
  require(::fchmod(draft_.descriptor(), mode) == 0 ? 0 : errno, "cannot set the mode of");
  require(draft_.sync(), "cannot sync");
}

void AtomicFile::publish() {
  require(draft_.publish_over(), "cannot replace");
  // Once the user is told the name, it must survive a power failure. A folder that can be written
  // to but not opened cannot be synced.
  const int error = draft_.sync_folder();
  require(error == EACCES ? 0 : error, "cannot sync the folder of");
}

void AtomicFile::require(int error, const char* what) const {
  if (error != 0) {
    throw Error(std::string(what) + " " + path_ + ": " + errno_text(error));
  }
}

void write_atomically(const std::string& path, std::string_view text, mode_t mode) {
  AtomicFile file(path);
  file.write(text);
  file.prepare(mode);
  file.publish();
}

}  // namespace core
