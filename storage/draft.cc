#include "storage/draft.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/beneath.h"
#include "core/error.h"

namespace storage {

Draft::Draft(std::string what, std::string target)
    : what_(std::move(what)), target_(std::move(target)), path_(core::draft_path(target_)) {
  unlink(path_.c_str());  // of a process with our number that was killed
  const core::Descriptor file(
      open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  // The umask can only take rights away; chmod gives the owner's own back.
  if (!file.valid() || fchmod(file.number(), S_IRUSR | S_IWUSR) != 0) {
    fail(errno);
  }
}

Draft::~Draft() {
  if (!published_) {
    unlink(path_.c_str());
  }
}

bool Draft::publish() {
  {
    const core::Descriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() || fsync(file.number()) != 0) {
      fail(errno);
    }
  }
  const int moved = core::move_without_replacing(AT_FDCWD, path_, AT_FDCWD, target_);
  if (moved == EEXIST) {
    return false;
  }
  if (moved != 0) {
    fail(moved);
  }
  published_ = true;
  const auto parent = std::filesystem::absolute(target_).parent_path();
  const core::Descriptor folder(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (const int error = folder.valid() ? core::sync_folder(folder.number()) : errno; error != 0) {
    fail(error);
  }
  return true;
}

void Draft::fail(int error) const {
  throw core::Error("cannot make " + what_ + " " + target_ + ": " +
                    std::generic_category().message(error));
}

}  // namespace storage
