#include "core/files/draft_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/beneath.h"

namespace core {
namespace {

namespace fs = std::filesystem;

Descriptor opened_folder(const std::string& path) {
  return Descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Takes the lock that the process of a draft holds as long as it lives.
bool take(const Descriptor& folder) { return flock(folder.number(), LOCK_EX | LOCK_NB) == 0; }

fs::path parent_of(const std::string& target) { return fs::absolute(target).parent_path(); }

// Drafts of this target by processes that are dead.
void remove_left(const std::string& target) {
  const std::string begin = "." + split_path(target).name + ".";
  const std::string end = fs::path(draft_path(target)).extension();
  std::error_code ignored;
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent_of(target), ignored)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(begin) && name.ends_with(end)) {
      left.push_back(entry.path());
    }
  }
  for (const fs::path& path : left) {
    const Descriptor folder = opened_folder(path);
    if (folder.valid() && take(folder)) {
      fs::remove_all(path, ignored);
    }
  }
}

}  // namespace

DraftFolder::DraftFolder(std::string target)
    : target_(std::move(target)), path_(draft_path(target_)) {
  remove_left(target_);
  require(mkdir(path_.c_str(), S_IRWXU) == 0, "cannot create");
  to_remove_ = true;
  folder_ = opened_folder(path_);
  require(folder_.valid() && take(folder_), "cannot open");
}

DraftFolder::~DraftFolder() {
  std::error_code ignored;
  if (to_remove_) {
    fs::remove_all(path_, ignored);
  }
}

void DraftFolder::publish() {
  const int failed = sync_folder(folder_.number());
  errno = failed;
  require(failed == 0, "cannot sync");
  require(rename(path_.c_str(), target_.c_str()) == 0, "cannot replace");
  to_remove_ = false;
  // As of a file (AtomicFile): a parent that can be written to but not opened cannot be synced.
  const Descriptor parent(open(parent_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  errno = parent.valid() ? sync_folder(parent.number()) : errno;
  require(errno == 0 || errno == EACCES, "cannot sync the folder of");
}

void DraftFolder::require(bool done, const char* what) const {
  if (!done) {
    throw Error(std::string(what) + " " + target_ + ": " + errno_text(errno));
  }
}

}  // namespace core
