#include "cmd/os/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/error.h"
#include "core/files/beneath.h"

namespace cmd {
namespace {

namespace fs = std::filesystem;

/// What `path` names when all symbolic links at its end are followed, there or not. For a path
/// without an obstacle, which the kernel follows, too: no loop, no other user's link in /tmp, no
/// pipe behind /dev/stdout.
std::string target_of(const std::string& path) {
  fs::path target = path;
  std::error_code error;
  constexpr int kLinksMax = 40;  // as Linux has it
  for (int i = 0; i < kLinksMax && fs::is_symlink(target, error); ++i) {
    const fs::path next = fs::read_symlink(target, error);
    if (error) break;
    target = target.parent_path() / next;  // an absolute `next` replaces it all
  }
  return target;
}

/// Why `path` must not be replaced; empty: it may be.
std::string obstacle(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? std::string() : std::generic_category().message(errno);
  }
  if (!S_ISREG(status.st_mode)) return "it is no regular file";
  constexpr std::string_view kDatabase("SQLite format 3\0", 16);
  std::array<char, kDatabase.size()> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  return std::string_view(begin.data(), begin.size()) == kDatabase ? "it is a database"
                                                                   : std::string();
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  if (const std::string why = obstacle(path); !why.empty()) {
    throw core::Error("cannot replace " + path + ": " + why);
  }
  target_ = target_of(path);
  draft_ = core::draft_path(target_);
  // A draft of a process with our number that died would be in the way.
  ::unlink(draft_.c_str());
  fd_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (fd_ < 0) fail("cannot create");
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!published_) ::unlink(draft_.c_str());
}

void AtomicFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::prepare(mode_t mode) {
  if (::fchmod(fd_, mode) != 0) fail("cannot set the mode of");
  if (::fsync(fd_) != 0) fail("cannot sync");
}

void AtomicFile::publish() {
  if (std::rename(draft_.c_str(), target_.c_str()) != 0) fail("cannot replace");
  published_ = true;
  // A name that is told of must outlive a power cut, as its content does.
  const auto parent = fs::absolute(target_).parent_path();
  const core::Descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid() && (errno = core::sync_folder(folder.number())) != 0) {
    fail("cannot sync the folder of");
  }
}

void AtomicFile::fail(const char* what) const {
  throw core::Error(std::string(what) + " " + path_ + ": " +
                    std::generic_category().message(errno));
}

void write_atomically(const std::string& path, std::string_view text, mode_t mode) {
  AtomicFile file(path);
  file.write(text);
  file.prepare(mode);
  file.publish();
}

}  // namespace cmd
