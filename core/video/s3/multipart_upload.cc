#include "core/video/s3/multipart_upload.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "core/files/read_whole.h"
#include "core/files/sha256.h"

namespace core {
namespace {

using Kind = S3Failure::Kind;

constexpr std::int64_t kPartsMax = 10'000;
constexpr int kUploadsMax = 3;  // begun for one attempt: others may abort ours

std::int64_t fitting_part_bytes(std::int64_t bytes, std::int64_t wanted) {
  constexpr std::int64_t kStep = std::int64_t{1} << 20U;
  const std::int64_t least = (bytes + kPartsMax - 1) / kPartsMax;
  return least <= wanted ? wanted : (least + kStep - 1) / kStep * kStep;
}

}  // namespace

std::string sha256_of_piece(int file, std::int64_t offset, std::int64_t bytes) {
  constexpr std::int64_t kReadBytes = std::int64_t{256} * 1024;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  Sha256 hash;
  while (bytes > 0) {
    const ssize_t got =
        read_at(file, buffer.get(), static_cast<std::size_t>(std::min(bytes, kReadBytes)), offset);
    if (got <= 0) {
      return {};
    }
    hash.update({buffer.get(), static_cast<std::size_t>(got)});
    offset += got;
    bytes -= got;
  }
  return hex(hash.finish());
}

MultipartUpload::MultipartUpload(S3Client& client, S3Object object, const UploadSource& source,
                                 const UploadNoteFile& note, std::int64_t part_bytes)
    : client_(client),
      object_(std::move(object)),
      source_(source),
      note_(note),
      part_bytes_(fitting_part_bytes(source.bytes, part_bytes)) {}

S3Client::Result<S3Client::Done> MultipartUpload::run(const WriteCondition& condition) {
  for (int begun = 1;; ++begun) {
    auto result = run_once(condition);
    const auto* failure = std::get_if<S3Failure>(&result);
    const bool is_gone = failure != nullptr && failure->kind == Kind::absent;
    if (is_gone && is_complete()) {
      return S3Client::Done{};
    }
    if (!is_gone || begun == kUploadsMax) {
      return result;
    }
  }
}

S3Client::Result<S3Client::Done> MultipartUpload::run_once(const WriteCondition& condition) {
  auto begun = begin();
  if (auto* failure = std::get_if<S3Failure>(&begun)) {
    return std::move(*failure);
  }
  const auto& upload = std::get<Begun>(begun);
  auto parts = send_parts(upload);
  if (auto* failure = std::get_if<S3Failure>(&parts)) {
    if (failure->kind == Kind::absent) {
      note_.remove();
    }
    return std::move(*failure);
  }
  auto done =
      client_.complete(object_, upload.id, std::get<std::vector<UploadedPart>>(parts), condition);
  const auto* failure = std::get_if<S3Failure>(&done);
  if (failure != nullptr && failure->kind == Kind::taken) {
    static_cast<void>(client_.abort(object_, upload.id));
  }
  if (failure == nullptr || failure->kind == Kind::taken || failure->kind == Kind::absent) {
    note_.remove();
  }
  return done;
}

S3Client::Result<MultipartUpload::Begun> MultipartUpload::begin() {
  const auto note = note_.read();
  if (note && note->object.url() == object_.url() && note->sha256 == source_.sha256 &&
      note->part_bytes == part_bytes_) {
    auto parts = client_.parts(object_, note->upload);
    if (auto* found = std::get_if<std::vector<UploadedPart>>(&parts)) {
      return Begun{note->upload, std::move(*found)};
    }
    if (auto& failure = std::get<S3Failure>(parts); failure.kind != Kind::absent) {
      return std::move(failure);
    }
  }
  abort_others();
  auto id = client_.begin_upload(object_, source_.sha256);
  if (auto* failure = std::get_if<S3Failure>(&id)) {
    return std::move(*failure);
  }
  Begun begun{std::get<std::string>(std::move(id)), {}};
  // Without the note the next run begins anew and aborts this one.
  static_cast<void>(note_.write({.object = object_,
                                 .sha256 = source_.sha256,
                                 .part_bytes = part_bytes_,
                                 .upload = begun.id}));
  return begun;
}

// Who may not list or abort leaves them to the bucket's own rules.
void MultipartUpload::abort_others() {
  const auto uploads = client_.uploads(object_);
  if (const auto* ids = std::get_if<std::vector<std::string>>(&uploads)) {
    for (const std::string& id : *ids) {
      static_cast<void>(client_.abort(object_, id));
    }
  }
}

S3Client::Result<std::vector<UploadedPart>> MultipartUpload::send_parts(const Begun& begun) {
  std::vector<UploadedPart> all;
  for (std::int64_t offset = 0; offset < source_.bytes; offset += part_bytes_) {
    const int number = static_cast<int>(all.size()) + 1;
    const std::int64_t bytes = std::min(part_bytes_, source_.bytes - offset);
    const auto there =
        std::find_if(begun.parts.begin(), begun.parts.end(), [&](const UploadedPart& part) {
          return part.number == number && part.bytes == bytes && !part.etag.empty();
        });
    if (there != begun.parts.end()) {
      all.push_back(*there);
      continue;
    }
    const std::string sha256 = sha256_of_piece(source_.file, offset, bytes);
    if (sha256.empty()) {
      return S3Failure{.kind = Kind::local, .text = "the part cannot be read", .body_errno = EIO};
    }
    auto sent = client_.upload_part(
        object_, begun.id, number,
        {.body = {.file = source_.file, .offset = offset, .bytes = bytes}, .sha256 = sha256});
    if (auto* failure = std::get_if<S3Failure>(&sent)) {
      return std::move(*failure);
    }
    all.push_back(std::get<UploadedPart>(std::move(sent)));
  }
  return all;
}

bool MultipartUpload::is_complete() {
  const auto head = client_.head(object_);
  const auto* facts = std::get_if<ObjectFacts>(&head);
  return facts != nullptr && facts->bytes == source_.bytes && facts->sha256 == source_.sha256;
}

}  // namespace core
