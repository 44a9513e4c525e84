// The bytes of an input as UTF-8, however they were written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/text/gb18030.h"

namespace core {

/// Fills a buffer with the next bytes of an input; 0: the end. Throws core::UsageError that names
/// the input when it cannot be read.
using ReadBytes = std::function<std::size_t(char* buffer, std::size_t size)>;

/// Is given one sentence without the input's name; its text may hold what the input does.
using Tell = std::function<void(const std::string& sentence)>;

/// Reads, as a stream in bounded memory: UTF-8 with or without a byte order mark, UTF-16 with one
/// or, where the zero bytes of its Latin characters say so, without. What is not strictly UTF-8 is
/// GB18030 (and so GBK and GB2312) if its characters are those that Chinese texts are made of;
/// decided by the first characters beyond ASCII, and again for each line that the decision does not
/// fit. Of anything else, invalid bytes become U+FFFD. Every guess and every loss is told once.
/// One thread.
class InputText {
 public:
  explicit InputText(ReadBytes read, Tell tell = {});
  InputText(const InputText&) = delete;
  InputText& operator=(const InputText&) = delete;

  /// The next bytes of UTF-8, `size` at most (256 at least must be asked for); 0: the end. A
  /// character may come in two parts.
  [[nodiscard]] std::size_t read(char* buffer, std::size_t size);

  /// What the input is by its first bytes, if it is no text with rows: "an Excel workbook …".
  /// Empty: it may be one.
  [[nodiscard]] std::string_view foreign_format();

 private:
  enum class Encoding { unknown, bytes, utf16_le, utf16_be };
  // What the lines beyond ASCII are written in, where that is not told by each itself.
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
  std::string raw_;   // read and not decoded yet
  std::string text_;  // decoded and, from given_ on, not handed out yet
  std::size_t given_ = 0;
  bool at_end_ = false;
  std::string_view foreign_;
  Gb18030 gb18030_;
  std::uint64_t line_ = 1;  // of what is decoded next
  unsigned told_ = 0;       // bit set of Told
};

}  // namespace core
