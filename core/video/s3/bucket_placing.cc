#include "core/video/s3/bucket_placing.h"

#include <functional>
#include <utility>

#include "core/files/sha256.h"
#include "core/video/local/disk_failure.h"
#include "core/video/local/output_folder.h"
#include "core/video/s3/multipart_upload.h"
#include "core/video/s3/upload_note.h"

namespace core {
namespace {

using Kind = S3Failure::Kind;

constexpr std::size_t kKeyBytesMax = 1024;
// A name that is taken at one moment and free at the next: others create and remove objects.
constexpr int kTurnsMax = 3;

FetchFailure::Kind problem_of(Kind kind) {
  switch (kind) {
    case Kind::passing:
    case Kind::stopped:
      return FetchFailure::Kind::transport;
    case Kind::full:
      return FetchFailure::Kind::disk_full;
    case Kind::name:
      return FetchFailure::Kind::blocked;
    case Kind::absent:
    case Kind::taken:
    case Kind::expired:
    case Kind::refused:
    case Kind::local:
      return FetchFailure::Kind::disk;
  }
  return FetchFailure::Kind::disk;
}

}  // namespace

FetchFailure bucket_failure(const S3Failure& failure, const std::string& part_path) {
  if (failure.kind == Kind::local) {
    return failure.body_errno > 0
               ? disk_failure(failure.body_errno, "read", part_path)
               : FetchFailure{.kind = FetchFailure::Kind::blocked,
                              .text = part_path + " was changed by another program"};
  }
  return {.kind = problem_of(failure.kind), .text = "cannot write " + failure.text};
}

std::string relative_key(const S3Place& place, std::string_view path) {
  const std::string root = place.root();
  if (!path.starts_with(root)) {
    return {};
  }
  path.remove_prefix(root.size());
  return is_plain_path(path) ? std::string(path) : std::string();
}

BucketPlacing::BucketPlacing(const Task& task) : task_(task), sha256_(hex(task.video.sha256)) {}

FetchFailure BucketPlacing::failed(const S3Failure& failure) const {
  return bucket_failure(failure, task_.part.path());
}

std::variant<SavedFile, FetchFailure> BucketPlacing::run() {
  if (auto placed = replace_recorded()) {
    return *std::move(placed);
  }
  for (int nth = 1; nth <= kNamesMax; ++nth) {
    const std::string relative =
        task_.plan.name_template->render(task_.plan.fields, task_.video.extension, nth);
    if (auto placed = try_name(relative)) {
      return *std::move(placed);
    }
  }
  return names_taken(task_.part.path());
}

BucketPlacing::Placed BucketPlacing::replace_recorded() {
  const std::string relative = relative_key(task_.place, task_.plan.replaces);
  if (relative.empty() || has_other_extension(relative, task_.video.extension)) {
    return std::nullopt;
  }
  OutputFolder::Reservation reservation(task_.part.output(), task_.plan.replaces,
                                        owner_of(task_.part));
  if (!reservation.held()) {
    return std::nullopt;
  }
  const S3Object object = task_.place.object(relative);
  const auto written = write(object, false);
  if (const auto* failure = std::get_if<S3Failure>(&written)) {
    return failed(*failure);
  }
  reservation.keep();
  return settle(object);
}

BucketPlacing::Placed BucketPlacing::try_name(const std::string& relative) {
  const S3Object object = task_.place.object(relative);
  const std::string path = object.url();
  if (object.key.size() > kKeyBytesMax) {
    return FetchFailure{.kind = FetchFailure::Kind::blocked,
                        .text = path +
                                " is longer than the 1024 bytes that a bucket takes; "
                                "shorten the template (--name) or the prefix (--output)"};
  }
  OutputFolder::Reservation reservation(task_.part.output(), path, owner_of(task_.part));
  const bool own = path == task_.plan.replaces;
  if (!reservation.held() || (!own && task_.claimed && task_.claimed(path))) {
    return std::nullopt;
  }
  auto placed = create(object);
  if (placed) {
    reservation.keep();
  }
  return placed;
}

BucketPlacing::Placed BucketPlacing::create(const S3Object& object) {
  // Where the bucket cannot refuse to replace, or only when all of a large video is there.
  bool look_first = task_.client.settings().create_only == CreateOnly::none ||
                    task_.video.bytes > task_.limits.put_bytes_max;
  for (int turn = 0; turn < kTurnsMax; ++turn) {
    if (look_first) {
      const auto head = task_.client.head(object);
      if (const auto* facts = std::get_if<ObjectFacts>(&head)) {
        return is_this_video(*facts) ? Placed(settle(object)) : std::nullopt;
      }
      if (const auto& failure = std::get<S3Failure>(head); failure.kind != Kind::absent) {
        return failed(failure);
      }
    }
    const auto written = write(object, true);
    if (const auto* failure = std::get_if<S3Failure>(&written)) {
      return failed(*failure);
    }
    if (std::get<Stored>(written) == Stored::written) {
      return settle(object);
    }
    look_first = true;
  }
  return FetchFailure{.kind = FetchFailure::Kind::transport,
                      .text = "cannot write " + object.url() +
                              ": the name is taken and free by turns; another run writes it"};
}

S3Client::Result<BucketPlacing::Stored> BucketPlacing::write(const S3Object& object,
                                                             bool create_only) {
  const WriteCondition condition{.create_only = create_only, .if_match = {}};
  const std::int64_t bytes = task_.video.bytes;
  S3Client::Result<S3Client::Done> done;
  if (bytes <= task_.limits.put_bytes_max) {
    done = task_.client.put(
        object, {.body = {.file = task_.part.file(), .bytes = bytes}, .sha256 = sha256_}, sha256_,
        condition);
  } else {
    const UploadSource source{.file = task_.part.file(), .bytes = bytes, .sha256 = sha256_};
    const UploadNoteFile note(task_.part.output().descriptor(), task_.part.name());
    done =
        MultipartUpload(task_.client, object, source, note, task_.limits.part_bytes).run(condition);
  }
  if (auto* failure = std::get_if<S3Failure>(&done)) {
    if (create_only && failure->kind == Kind::taken) {
      return Stored::taken;
    }
    return std::move(*failure);
  }
  return Stored::written;
}

bool BucketPlacing::is_this_video(const ObjectFacts& facts) const {
  return facts.bytes == task_.video.bytes && facts.sha256 == sha256_;
}

SavedFile BucketPlacing::settle(const S3Object& object) {
  task_.part.remove();
  return {object.url(), task_.video.bytes, sha256_, task_.video.checks};
}

}  // namespace core
