#include "core/video/local/part_placing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "core/files/read_whole.h"
#include "core/files/sha256.h"
#include "core/video/local/disk_failure.h"

namespace core {
namespace {

// Whether the file itself cannot be opened because of its kind, and neither the disk nor this
// process is out of resources.
bool is_of_the_file(int error) {
  constexpr std::array kOfTheFile = {EACCES, ELOOP, ENODEV, ENOENT, ENOTDIR, ENXIO, EPERM, EXDEV};
  return std::find(kOfTheFile.begin(), kOfTheFile.end(), error) != kOfTheFile.end();
}

}  // namespace

PartPlacing::PartPlacing(Part& part, const FilePlan& plan, const CheckedVideo& video,
                         const Claimed& claimed)
    : part_(part), plan_(plan), video_(video), claimed_(claimed) {
  assert(!part.is_gone());
  assert(!video.extension.empty());
}

bool has_other_extension(std::string_view path, std::string_view extension) {
  constexpr std::array<std::string_view, 4> kExtensions{".mp4", ".mov", ".webm", ".mkv"};
  return std::any_of(kExtensions.begin(), kExtensions.end(), [&](std::string_view other) {
    return path.ends_with(other) && other.substr(1) != extension;
  });
}

std::uint64_t owner_of(const Part& part) { return std::hash<std::string>{}(part.name()); }

FetchFailure names_taken(const std::string& part_path) {
  return {.kind = FetchFailure::Kind::blocked,
          .text = "the first " + std::to_string(kNamesMax) + " names for " + part_path +
                  " are taken; put {task_id} into the template (--name)"};
}

std::variant<SavedFile, FetchFailure> PartPlacing::place() {
  if (auto placed = replace_recorded()) {
    return *std::move(placed);
  }
  for (int nth = 1; nth <= kNamesMax; ++nth) {
    const std::string relative = plan_.name_template->render(plan_.fields, video_.extension, nth);
    if (auto placed = try_name(relative)) {
      return *std::move(placed);
    }
  }
  return names_taken(part_.path());
}

std::variant<PartPlacing::Target, FetchFailure> PartPlacing::open_target(
    const std::string& relative) const {
  const OutputFolder& output = part_.output();
  SplitPath split = split_path(relative);
  Target target{output.absolute(relative), std::move(split.folder), std::move(split.name), {}};
  target.folder = output.open(target.folder_path);
  if (!target.folder.valid()) {
    return disk_failure(errno, "open the folder", output.absolute(target.folder_path));
  }
  return target;
}

PartPlacing::Placed PartPlacing::replace_recorded() {
  const std::string relative = part_.output().relative(plan_.replaces);
  if (relative.empty() || has_other_extension(relative, video_.extension)) {
    return std::nullopt;
  }
  OutputFolder::Reservation reservation(part_.output(), plan_.replaces, owner_of(part_));
  if (!reservation.held()) {
    return std::nullopt;
  }
  auto opened = open_target(relative);
  const auto* target = std::get_if<Target>(&opened);
  if (target == nullptr) {
    return std::nullopt;  // its folder is not a folder any more; the video gets a new name
  }
  struct stat status {};
  const bool there =
      fstatat(target->folder.number(), target->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!there || !S_ISREG(status.st_mode)) {
    auto placed = there ? std::nullopt : move_to(*target);
    if (placed) {
      reservation.keep();
    }
    return placed;
  }
  if (const int error = part_.move_over(target->folder.number(), target->name); error != 0) {
    return error == ENOENT ? part_.vanished() : disk_failure(error, "replace", target->path);
  }
  reservation.keep();
  return settle(*target, part_.file());
}

PartPlacing::Placed PartPlacing::try_name(const std::string& relative) {
  const std::string path = part_.output().absolute(relative);
  OutputFolder::Reservation reservation(part_.output(), path, owner_of(part_));
  const bool own = path == plan_.replaces;
  if (!reservation.held() || (!own && claimed_ && claimed_(path))) {
    return std::nullopt;
  }
  auto opened = open_target(relative);
  if (auto* failed = std::get_if<FetchFailure>(&opened)) {
    return std::move(*failed);
  }
  const auto& target = std::get<Target>(opened);
  auto placed = move_to(target);
  if (!placed) {
    placed = adopt(target);
  }
  if (placed) {
    reservation.keep();
  }
  return placed;
}

PartPlacing::Placed PartPlacing::move_to(const Target& target) {
  const int error = part_.move_to(target.folder.number(), target.name);
  if (error == EEXIST) {
    return std::nullopt;
  }
  if (error == ENOENT) {
    return part_.vanished();
  }
  if (error != 0) {
    return disk_failure(error, "publish " + part_.path() + " as", target.path);
  }
  return settle(target, part_.file());
}

PartPlacing::Placed PartPlacing::adopt(const Target& target) {
  const Descriptor file = open_beneath(target.folder.number(), target.name, O_RDONLY);
  // A failing disk does not show whose file it is: with another name the video might exist twice.
  const auto failed = [&](int error) { return disk_failure(error, "read", target.path); };
  if (!file.valid()) {
    return is_of_the_file(errno) ? Placed() : failed(errno);
  }
  struct stat status {};
  if (fstat(file.number(), &status) != 0) {
    return failed(errno);
  }
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_size != video_.bytes) {
    return std::nullopt;
  }
  Sha256 hash;
  if (const int error =
          read_whole(file.number(), [&](std::string_view piece) { hash.update(piece); });
      error != 0) {
    return failed(error);
  }
  if (hash.finish() != video_.sha256) {
    return std::nullopt;
  }
  // The run that published it may have died before its own syncs.
  if (fsync(file.number()) != 0) {
    return disk_failure(errno, "sync", target.path);
  }
  part_.remove();
  return settle(target, file.number());
}

std::variant<SavedFile, FetchFailure> PartPlacing::settle(const Target& target, int file) const {
  assert(part_.is_gone());
  if (!is_named(file, target.folder.number(), target.name)) {
    return FetchFailure{
        .kind = FetchFailure::Kind::transport,
        .text = target.path + " was removed or replaced by another program at the same time"};
  }
  if (const int error = part_.output().sync(target.folder.number(), target.folder_path);
      error != 0) {
    return disk_failure(error, "sync the folder of", target.path);
  }
  if (auto lost = folder_lost(part_.output())) {
    return *std::move(lost);
  }
  return SavedFile{target.path, video_.bytes, hex(video_.sha256), video_.checks};
}

}  // namespace core
