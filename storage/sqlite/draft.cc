#include "storage/sqlite/draft.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files/beneath.h"

namespace storage {
namespace {

constexpr std::array<std::string_view, 4> kSqliteSuffixes = {"", "-journal", "-wal", "-shm"};
constexpr std::string_view kDigits = "0123456789";

void remove_with_sqlite_files(const std::string& draft) {
  for (const std::string_view suffix : kSqliteSuffixes) {
    unlink((draft + std::string(suffix)).c_str());
  }
}

// The name of the draft that this file is, or to which it belongs as journal or WAL; empty if
// neither.
std::string_view draft_of(std::string_view name) {
  constexpr std::string_view kEnd = ".tmp";  // core::draft_path
  for (const std::string_view suffix : kSqliteSuffixes) {
    if (name.ends_with(std::string(kEnd) + std::string(suffix))) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return {};
}

// True if nobody holds the flock: its owner is dead.
bool is_abandoned(const std::string& draft) {
  const core::Descriptor file(open(draft.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  return file.valid() ? flock(file.number(), LOCK_EX | LOCK_NB) == 0 : errno == ENOENT;
}

}  // namespace

void remove_abandoned_drafts(const std::string& begin, std::string_view rest) {
  const std::string name = "." + core::split_path(begin).name;
  const auto folder = std::filesystem::absolute(begin).parent_path();
  const std::string allowed = std::string(rest) + "." + std::string(kDigits);
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(folder, ignored), end; at != end;
       at.increment(ignored)) {
    const std::string found = at->path().filename().string();
    const std::string_view draft = draft_of(found);
    constexpr std::size_t kNumberAndEnd = 5;
    if (!draft.starts_with(name) || draft.size() < name.size() + kNumberAndEnd ||
        draft.find_first_not_of(allowed, name.size()) !=
            draft.size() - std::string_view("tmp").size()) {
      continue;
    }
    if (const std::string path = folder / draft; is_abandoned(path)) {
      remove_with_sqlite_files(path);
    }
  }
}

Draft::Draft(std::string what, std::string target)
    : what_(std::move(what)), target_(std::move(target)), draft_(AT_FDCWD, target_) {
  remove_abandoned_drafts(target_ + ".", "");
  require(draft_.create());
  // The umask can only remove rights; chmod restores those of the owner.
  require(fchmod(draft_.descriptor(), S_IRUSR | S_IWUSR) == 0 ? 0 : errno);
  // On file systems without locks, another process that starts now takes the draft for abandoned.
  static_cast<void>(flock(draft_.descriptor(), LOCK_EX | LOCK_NB));
}

Draft::~Draft() {
  if (!published_) {
    remove_with_sqlite_files(path());
  }
}

bool Draft::publish() {
  require(draft_.sync());
  const int error = draft_.publish_as_new();
  if (error == EEXIST) {
    return false;
  }
  require(error);
  published_ = true;
  require(draft_.sync_folder());
  return true;
}

void Draft::require(int error) const {
  if (error == 0) {
    return;
  }
  throw core::Error("cannot make " + what_ + " " + target_ + ": " + core::errno_text(error) +
                    (error == ENOSPC || error == EDQUOT
                         ? "; free space on its volume and try again"
                         : "; check that its folder exists and is writable"));
}

}  // namespace storage
