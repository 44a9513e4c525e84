// The bytes of an input as UTF-8, whatever its encoding is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/text/gb18030.h"

namespace core {

/// Fills a buffer with the next bytes of an input; returns 0 at the end. Throws core::UsageError
/// that names the input if it cannot be read.
using ReadBytes = std::function<std::size_t(char* buffer, std::size_t size)>;

/// Receives one sentence without the input's name; it may quote text of the input.
using Tell = std::function<void(const std::string& sentence)>;

/// Reads a stream in bounded memory: UTF-8 with or without a byte order mark; UTF-16 with one, or
/// without one if the zero bytes of its Latin characters show it. Text that is not valid UTF-8 is
/// read as GB18030 (which includes GBK and GB2312) if its characters are typical of Chinese texts;
/// this is decided at the first non-ASCII characters, and again for each line that does not fit the
/// decision. Invalid bytes of any other text become U+FFFD. Every guess and every loss is reported
/// once. One thread.
class InputText {
 public:
  explicit InputText(ReadBytes read, Tell tell = nullptr);
  InputText(const InputText&) = delete;
  InputText& operator=(const InputText&) = delete;

  /// Returns the next bytes of UTF-8, at most `size` (which must be at least 256); 0 at the end. A
  /// character may be split over two calls.
  [[nodiscard]] std::size_t read(char* buffer, std::size_t size);

  /// The format of the input by its first bytes, if it is not a text with rows: "an Excel workbook
  /// …". Empty if it may be one.
  [[nodiscard]] std::string_view foreign_format();

 private:
  enum class Encoding { unknown, bytes, utf16_le, utf16_be };
  // The encoding of lines with non-ASCII characters that are valid in more than one.
  enum class Script { undecided, utf8, gb18030 };
  enum class Told { gb18030, utf8_among_gb18030, replaced };

  bool read_more();
  bool read_ahead();
  void read_head();
  void take_mark();
  void refill();
  void decode_utf16();
  void decode_lines();
  void decode(std::string_view piece);
  void decide();
  void tell_once(Told what, std::string_view decoded);

  ReadBytes read_;
  Tell tell_;
  Encoding encoding_ = Encoding::unknown;
  Script script_ = Script::undecided;
  std::string raw_;   // read but not decoded yet
  std::string text_;  // decoded; not returned yet from given_ on
  std::size_t given_ = 0;
  bool at_end_ = false;
  std::string_view foreign_;
  Gb18030 gb18030_;
  std::uint64_t line_ = 1;  // number of the next line to decode
  unsigned told_ = 0;       // bit set of Told
};

}  // namespace core
