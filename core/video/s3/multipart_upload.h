// A large video goes into a bucket in parts, which a later run can go on with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/http/s3/s3_client.h"
#include "core/video/s3/upload_note.h"

namespace core {

/// What is uploaded. The file stays open and does not change.
struct UploadSource {
  int file = -1;
  std::int64_t bytes = 0;
  std::string sha256;  ///< 64 hex digits
};

/// One upload of one file; one object for each attempt. Blocking; any thread. What is passed must
/// outlive it.
class MultipartUpload {
 public:
  /// `part_bytes`: of each part but the last; more if the file would have over 10,000 parts.
  MultipartUpload(S3Client& client, S3Object object, const UploadSource& source,
                  const UploadNoteFile& note, std::int64_t part_bytes);

  /// Goes on with the upload of the note, or begins one and aborts all others of this key: they
  /// belong to runs that were killed. If it fails for a while, upload and note stay.
  [[nodiscard]] S3Client::Result<S3Client::Done> run(const WriteCondition& condition);

 private:
  /// Upload and what is there of it.
  struct Begun {
    std::string id;
    std::vector<UploadedPart> parts;
  };

  [[nodiscard]] S3Client::Result<S3Client::Done> run_once(const WriteCondition& condition);
  [[nodiscard]] S3Client::Result<Begun> begin();
  void abort_others();
  [[nodiscard]] S3Client::Result<std::vector<UploadedPart>> send_parts(const Begun& begun);
  /// The object is there, by this upload: the answer that said so was lost.
  [[nodiscard]] bool is_complete();

  S3Client& client_;
  S3Object object_;
  const UploadSource& source_;
  const UploadNoteFile& note_;
  std::int64_t part_bytes_;
};

/// The SHA-256 of a piece of a file, as hex digits; empty if it cannot be read.
[[nodiscard]] std::string sha256_of_piece(int file, std::int64_t offset, std::int64_t bytes);

}  // namespace core
