// Writes raw answers into a file that other programs read: JSON lines, compressed with zstd.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace storage {

/// The same answers give the same bytes, with one version of zstd. One thread.
class AnswerArchive {
 public:
  using Write = std::function<void(std::string_view)>;

  /// `write` gets the bytes of the file. Throws core::Error when zstd has no memory.
  explicit AnswerArchive(Write write);
  ~AnswerArchive();
  AnswerArchive(const AnswerArchive&) = delete;
  AnswerArchive& operator=(const AnswerArchive&) = delete;

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
  void compress(bool end);

  struct Stream;
  Write write_;
  std::unique_ptr<Stream> stream_;
  std::string lines_;
};

}  // namespace storage
