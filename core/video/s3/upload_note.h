// What is remembered beside a part about its upload in parts, so that a later run goes on with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/s3/s3_address.h"

namespace core {

struct UploadNote {
  S3Object object;
  std::string sha256;  ///< of the whole video
  std::int64_t part_bytes = 0;
  std::string upload;  ///< its ID
};

[[nodiscard]] std::string upload_note_text(const UploadNote& note);
/// None for a text that is cut or damaged.
[[nodiscard]] std::optional<UploadNote> parse_upload_note(std::string_view text);

/// The file of the note. One thread at a time.
class UploadNoteFile {
 public:
  /// `part` is the part's name in `folder`, which is open and outlives this object.
  UploadNoteFile(int folder, const std::string& part);

  /// None if there is none, or it cannot be read.
  [[nodiscard]] std::optional<UploadNote> read() const;
  /// In place of an earlier one. 0 or errno.
  [[nodiscard]] int write(const UploadNote& note) const;
  /// If that fails, the note stays, and is of no upload any more.
  void remove() const;

 private:
  int folder_;
  std::string name_;
};

}  // namespace core
