// Text read line by line in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/input_text.h"

namespace core {

/// The text from the present place on, as far as it is read. Lines end with LF, CRLF or CR. One
/// thread.
class LineBuffer {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024;

  explicit LineBuffer(ReadBytes read, Tell tell);

  /// InputText::foreign_format.
  [[nodiscard]] std::string_view foreign_format() { return text_.foreign_format(); }
  /// The number of the present line, from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }

  /// Whether the text has a byte at this distance, which is read if need be: what pointed into the
  /// buffer is invalid then.
  [[nodiscard]] bool has(std::size_t distance) {
    while (begin_ + distance >= end_) {
      if (!fill()) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] char operator[](std::size_t distance) const { return buffer_[begin_ + distance]; }
  /// What is read.
  [[nodiscard]] std::string_view ahead() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void advance(std::size_t bytes) { begin_ += bytes; }
  /// Line ends that `advance` went over.
  void count_lines(std::uint64_t lines) { line_ += lines; }

  /// The end of the present line, or null when it is longer than kLineBytesMax.
  [[nodiscard]] const char* line_end();
  /// Goes over LF, CRLF or CR, if it is next.
  void consume_line_end();
  /// Past the end of the line, however long it is.
  void skip_line();
  /// Goes over a character without a shape; false: none is next.
  [[nodiscard]] bool skip_invisible();

 private:
  bool fill();  // more bytes behind end_; false at the end of the input

  InputText text_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::uint64_t line_ = 1;
};

}  // namespace core
