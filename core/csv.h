// CSV (RFC 4180) read row by row in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core {

/// Fills a buffer with the next bytes of an input; 0: the end. Throws core::UsageError that names
/// the input when it cannot be read.
using ReadBytes = std::function<std::size_t(char* buffer, std::size_t size)>;

/// One row. The fields are valid until the next call of `next`.
struct CsvRow {
  enum class Kind {
    fields,
    too_long,      ///< longer than CsvReader::kRowBytesMax: skipped to its end, without fields
    unterminated,  ///< a quote opened here never closes: nothing follows
  };
  Kind kind = Kind::fields;
  std::uint64_t line = 0;  ///< physical line on which the row begins, from 1
  std::vector<std::string_view> fields;
};

/// Reads UTF-8 with or without a byte order mark, and UTF-16 with one; lines end with LF, CRLF or
/// CR; quoted fields may hold delimiters, doubled quotes and line ends. Blank lines and lines that
/// begin with `#` are skipped. One thread.
class CsvReader {
 public:
  static constexpr std::size_t kRowBytesMax = std::size_t{64} * 1024;

  explicit CsvReader(ReadBytes read);

  void set_delimiter(char delimiter) { delimiter_ = delimiter; }
  /// Takes the delimiter that the first line of data is made with (`,` `;` tab `|`), or that it
  /// names as `sep=;`; such a line is skipped.
  void detect_delimiter();

  /// False at the end.
  [[nodiscard]] bool next(CsvRow& row);

 private:
  enum class Encoding { unknown, utf8, utf16_le, utf16_be };

  // The first line of data as it stands; empty at the end of the input.
  [[nodiscard]] std::string_view peek_line();
  void skip_line();
  bool fill();  // more bytes behind end_; false at the end of the input
  void end_of_input();
  void detect_encoding(std::size_t& got);
  void decode_utf16(std::size_t got);
  bool skip_blank_and_comment();
  void skip_to_line_end();
  [[nodiscard]] const char* line_end();
  bool plain_row(CsvRow& row);
  void quoted_row(CsvRow& row);
  void skip_long_row(CsvRow& row);
  void consume_line_end();

  ReadBytes read_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  Encoding encoding_ = Encoding::unknown;
  std::string undecoded_;  // half a UTF-16 character
  std::uint64_t line_ = 1;
  char delimiter_ = ',';
  std::string scratch_;                                     // unquoted text of the row
  std::vector<std::pair<std::size_t, std::size_t>> spans_;  // its fields: begin, size
};

}  // namespace core
