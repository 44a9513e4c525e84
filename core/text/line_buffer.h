// Reads text line by line in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/text/input_text.h"

namespace core {

/// The text from the current position on, as far as it is read. Lines end with LF, CRLF or CR. One
/// thread.
class LineBuffer {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024;

  explicit LineBuffer(ReadBytes read, Tell tell);

  /// See InputText::foreign_format.
  [[nodiscard]] std::string_view foreign_format() { return text_.foreign_format(); }
  /// The number of the current line, counted from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }

  /// Whether the text has a byte at this distance. May read more, which invalidates pointers into
  /// the buffer.
  [[nodiscard]] bool has(std::size_t distance) {
    while (begin_ + distance >= end_) {
      if (!fill()) {
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] char operator[](std::size_t distance) const { return buffer_[begin_ + distance]; }
  /// The text that is read already.
  [[nodiscard]] std::string_view ahead() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void advance(std::size_t bytes) { begin_ += bytes; }
  /// Counts line ends that `advance` has passed.
  void count_lines(std::uint64_t lines) { line_ += lines; }

  /// The end of the current line, or null if it is longer than kLineBytesMax.
  [[nodiscard]] const char* line_end();
  /// Skips LF, CRLF or CR, if it is next.
  void consume_line_end();
  /// Moves past the end of the line, however long it is.
  void skip_line();
  /// Skips an invisible character; false if none is next.
  [[nodiscard]] bool skip_invisible();

 private:
  bool fill();  // reads more bytes; false at the end of the input

  InputText text_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::uint64_t line_ = 1;
};

}  // namespace core
