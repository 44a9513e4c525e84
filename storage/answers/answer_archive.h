// Writes raw answers into a file that other programs read: JSON lines, compressed with zstd.
#pragma once

#include <string>
#include <string_view>

#include "storage/answers/zstd_writer.h"

namespace storage {

/// The same answers give the same bytes, with one version of zstd. One thread.
class AnswerArchive {
 public:
  /// `write` gets the bytes of the file. Throws core::Error when zstd has no memory.
  explicit AnswerArchive(ZstdWriter::Write write);

  struct Answer {
    std::string_view line_id;
    std::string_view task_id;
    std::string_view bytes;
  };
  /// A line {"line":ID,"task":ID,"answer":TEXT}; instead of `answer` it has the bytes in `base64`
  /// if they are no UTF-8.
  void add(const Answer& answer);
  /// After the last answer.
  void finish();

 private:
  ZstdWriter file_;
  std::string lines_;
};

}  // namespace storage
