#include "core/video/local/part_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <new>
#include <utility>

#include "core/files/beneath.h"
#include "core/files/read_whole.h"
#include "core/text/http_headers.h"
#include "core/video/local/disk_failure.h"
#include "core/video/video_check.h"

namespace core {

namespace {

std::optional<FetchFailure> sync(const Part& part) {
  if (fsync(part.file()) == 0) {
    return std::nullopt;
  }
  const int error = errno;
  // The kernel may have dropped dirty pages although reads still return them: never resume them.
  static_cast<void>(part.notes().remove());
  return disk_failure(error, "sync", part.path());
}

}  // namespace

std::variant<std::unique_ptr<PartFile>, FetchFailure> PartFile::open(
    std::shared_ptr<const OutputFolder> folder, FilePlan plan, Claimed claimed) {
  auto shared_plan = std::make_shared<const FilePlan>(std::move(plan));
  return open_with(
      std::move(folder), *shared_plan,
      [shared_plan, claimed = std::move(claimed)](
          Part& part, const CheckedVideo& video) -> std::variant<SavedFile, FetchFailure> {
        if (auto failed = sync(part)) {
          return *std::move(failed);
        }
        return PartPlacing(part, *shared_plan, video, claimed).place();
      });
}

std::variant<std::unique_ptr<PartFile>, FetchFailure> PartFile::open_with(
    std::shared_ptr<const OutputFolder> folder, const FilePlan& plan, Place place) {
  auto opened = Part::open(std::move(folder), plan);
  if (auto* failed = std::get_if<FetchFailure>(&opened)) {
    return std::move(*failed);
  }
  std::unique_ptr<PartFile> sink(
      new PartFile(std::move(std::get<std::unique_ptr<Part>>(opened)), std::move(place)));
  if (auto failed = sink->take_up()) {
    return *std::move(failed);
  }
  return sink;
}

PartFile::PartFile(std::unique_ptr<Part> part, Place place)
    : part_(std::move(part)), place_(std::move(place)) {}

PartFile::~PartFile() {
  if (!part_->is_gone() && !keep_ && size() == 0) {
    try {
      part_->remove();
    } catch (const std::bad_alloc&) {  // the part stays, and the next attempt empties it
    }
  }
}

std::optional<FetchFailure> PartFile::take_up() {
  const auto bytes = part_->bytes();
  if (!bytes) {
    return disk_failure(errno, "open", part_->path());
  }
  size_ = *bytes;
  if (size_ == 0) {
    return std::nullopt;
  }
  notes_ = part_->notes().read(size_);
  if (!notes_.validator.empty()) {
    return std::nullopt;
  }
  if (const int error = part_->truncate(); error != 0) {
    return disk_failure(error, "empty", part_->path());
  }
  size_ = 0;
  return std::nullopt;
}

std::int64_t PartFile::size() const { return notes_.validator.empty() ? 0 : size_; }

std::optional<FetchFailure> PartFile::restart(std::string_view validator,
                                              const PromisedContent& promised) {
  assert(!published_);
  if (!part_->has_its_name()) {
    return part_->vanished();
  }
  const PartNotesFile notes = part_->notes();
  // In this order, so that notes never describe bytes of another object.
  notes_ = {};
  if (const int error = notes.remove(); error != 0) {
    return disk_failure(error, "remove", part_->path_of(notes.name()));
  }
  if (const int error = size_ > 0 ? part_->truncate() : 0; error != 0) {
    return disk_failure(error, "empty", part_->path());
  }
  size_ = 0;
  if (!is_strong_etag(validator)) {
    return std::nullopt;
  }
  PartNotes written{std::string(validator), promised};
  if (const int error = notes.write(written); error != 0) {
    return disk_failure(error, "write", part_->path_of(notes.name()));
  }
  notes_ = std::move(written);
  return std::nullopt;
}

std::optional<FetchFailure> PartFile::append(std::string_view bytes) {
  assert(!published_);
  std::size_t written = 0;
  const int error = write_at(part_->file(), bytes, size_, written);
  size_ += static_cast<std::int64_t>(written);
  return error == 0 ? std::nullopt : std::optional(disk_failure(error, "write to", part_->path()));
}

std::variant<SavedFile, FetchFailure> PartFile::publish(const PromisedContent& promised) {
  assert(!published_);
  published_ = true;
  if (!part_->has_its_name()) {
    return part_->vanished();
  }
  // Starts writing while the bytes are hashed; the sync below waits for it and reports errors.
  static_cast<void>(sync_file_range(part_->file(), 0, 0, SYNC_FILE_RANGE_WRITE));
  const auto checked = check(promised);
  if (const auto* failed = std::get_if<FetchFailure>(&checked)) {
    return *failed;
  }
  auto placed = place_(*part_, std::get<CheckedVideo>(checked));
  keep_ = std::holds_alternative<FetchFailure>(placed);
  return placed;
}

std::variant<CheckedVideo, FetchFailure> PartFile::check(const PromisedContent& promised) {
  if (auto wrong = check_length(promised, size_)) {
    part_->remove();
    return *std::move(wrong);
  }
  VideoCheck video(hashes_of(promised));
  if (const int error =
          read_whole(part_->file(), [&](std::string_view piece) { video.update(piece); });
      error != 0) {
    keep_ = true;
    return disk_failure(error, "read", part_->path());
  }
  const VideoReport report = video.finish();
  if (report.bytes != size_) {
    part_->remove();
    return FetchFailure{.kind = FetchFailure::Kind::blocked,
                        .text = part_->path() + " was changed by another program"};
  }
  auto checked = check_content(promised, report);
  if (std::holds_alternative<FetchFailure>(checked)) {
    part_->remove();
  }
  return checked;
}

}  // namespace core
