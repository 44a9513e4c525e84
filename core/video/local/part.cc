#include "core/video/local/part.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "core/video/local/disk_failure.h"

namespace core {
namespace {

constexpr int kOpenTriesMax = 8;  // the name may change owners while the part is opened

FetchFailure blocked(std::string text) {
  return {.kind = FetchFailure::Kind::blocked, .text = std::move(text)};
}

// The folder of a part: where an MP4 of this plan would be. The final name depends on the content,
// which is not known yet, and almost every video is an MP4.
std::string part_folder(const FilePlan& plan) {
  return split_path(plan.name_template->render(plan.fields, "mp4", 1)).folder;
}

}  // namespace

Part::Part(std::shared_ptr<const OutputFolder> output, std::string name)
    : output_(std::move(output)), name_(std::move(name)) {}

std::variant<std::unique_ptr<Part>, FetchFailure> Part::open(
    std::shared_ptr<const OutputFolder> output, const FilePlan& plan) {
  assert(output != nullptr && plan.name_template != nullptr);
  if (auto lost = folder_lost(*output)) {
    return *std::move(lost);
  }
  std::unique_ptr<Part> part(new Part(std::move(output), part_file_name(plan.fields)));
  if (auto failed = part->open_in(part_folder(plan), plan.is_claimed)) {
    return *std::move(failed);
  }
  return part;
}

std::optional<FetchFailure> Part::open_in(const std::string& folder, bool is_claimed) {
  where_ = folder;
  home_ = output_->open(where_);
  if (!home_.valid()) {
    return disk_failure(errno, "open the folder", output_->absolute(where_));
  }
  for (int attempt = 0; attempt < kOpenTriesMax; ++attempt) {
    bool again = false;
    auto failed = open_once(is_claimed, again);
    if (!again) {
      return failed;
    }
  }
  return blocked("cannot open " + path() +
                 ": another program keeps changing it; is another run writing to the same folder?");
}

std::optional<FetchFailure> Part::open_once(bool is_claimed, bool& again) {
  Descriptor file = open_beneath(home_.number(), name_, O_RDWR | O_CREAT, kPartMode);
  struct stat opened {};
  if (!file.valid() || fstat(file.number(), &opened) != 0) {
    return disk_failure(errno, "open", path());
  }
  if (!S_ISREG(opened.st_mode)) {
    return blocked(path() + " is in the way: it is not a regular file; remove it");
  }
  if (flock(file.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (!is_claimed) {
      return blocked("another run is downloading " + path());
    }
    auto failed = take_from_holder(file.number());
    again = !failed;
    return failed;
  }
  // Between open and lock, the previous owner may have published or removed the file.
  struct stat named {};
  if (fstatat(home_.number(), name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0 ||
      named.st_ino != opened.st_ino || named.st_dev != opened.st_dev) {
    again = true;
    return std::nullopt;
  }
  // A file with another name must not be written to: only our name for it is removed.
  if (named.st_nlink != 1) {
    again = unlinkat(home_.number(), name_.c_str(), 0) == 0;
    return again ? std::nullopt : std::optional(disk_failure(errno, "remove", path()));
  }
  file_ = std::move(file);
  return std::nullopt;
}

std::optional<FetchFailure> Part::take_from_holder(int held) const {
  if (!is_named(held, home_.number(), name_)) {
    return std::nullopt;  // it has just gone
  }
  // The notes first: they must never describe the bytes of the part that comes.
  if (const int error = notes().remove(); error != 0) {
    return disk_failure(error, "remove the notes of", path());
  }
  if (unlinkat(home_.number(), name_.c_str(), 0) != 0 && errno != ENOENT) {
    return disk_failure(errno, "remove", path());
  }
  return std::nullopt;
}

std::string Part::path_of(const std::string& name) const {
  return output_->absolute(where_.empty() ? name : where_ + '/' + name);
}

PartNotesFile Part::notes() const { return {home_.number(), name_, output_->boot_id()}; }

std::optional<std::int64_t> Part::bytes() const {
  struct stat status {};
  return fstat(file(), &status) == 0 ? std::optional<std::int64_t>(status.st_size) : std::nullopt;
}

bool Part::has_its_name() const { return is_named(file(), home_.number(), name_); }

int Part::truncate() const { return ftruncate(file(), 0) == 0 ? 0 : errno; }

int Part::move_to(int folder, const std::string& name) {
  assert(!gone_);
  // The open file itself, which was checked: anyone with write permission can give its name to
  // another file.
  int error = link_file(file(), folder, name);
  if (error == EOPNOTSUPP) {
    error = has_its_name() ? move_without_replacing(home_.number(), name_, folder, name) : ENOENT;
  }
  if (error == 0) {
    remove();
  }
  return error == EOPNOTSUPP ? ENOENT : error;
}

int Part::move_over(int folder, const std::string& name) {
  assert(!gone_);
  if (!has_its_name()) {
    return ENOENT;
  }
  if (renameat(home_.number(), name_.c_str(), folder, name.c_str()) != 0) {
    return errno;
  }
  remove();
  return 0;
}

void Part::remove() {
  static_cast<void>(notes().remove());
  if (has_its_name()) {
    static_cast<void>(unlinkat(home_.number(), name_.c_str(), 0));
  }
  gone_ = true;
}

FetchFailure Part::vanished() {
  struct stat folder {};
  if (fstat(home_.number(), &folder) != 0 || folder.st_nlink == 0) {
    return disk_failure(ENOENT, "publish", path());  // its folder was removed with it
  }
  static_cast<void>(notes().remove());  // the bytes that they describe are lost
  gone_ = true;
  return blocked(path() +
                 " was replaced or removed by another program; the next run downloads the video "
                 "again");
}

}  // namespace core
