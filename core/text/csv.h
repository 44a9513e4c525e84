// CSV (RFC 4180) read row by row in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/line_buffer.h"

namespace core {

/// One row. The fields are valid until the next call of `next`.
struct CsvRow {
  enum class Kind {
    fields,
    too_long,      ///< longer than CsvReader::kRowBytesMax: skipped, without fields
    unterminated,  ///< a quote opened here is never closed: nothing follows
  };
  Kind kind = Kind::fields;
  std::uint64_t line = 0;  ///< physical line on which the row begins, counted from 1
  std::vector<std::string_view> fields;
};

/// Reads everything that InputText can read. Lines end with LF, CRLF or CR; quoted fields may
/// contain delimiters, doubled quotes and line ends. Invisible characters at the beginning of a
/// line are dropped, such as the byte order mark of a file that was appended to another one. Blank
/// lines are skipped; lines that begin with `#` are skipped and counted (but see
/// `set_hash_fields`). One thread.
class CsvReader {
 public:
  static constexpr std::size_t kRowBytesMax = LineBuffer::kLineBytesMax;

  explicit CsvReader(ReadBytes read, Tell tell = nullptr);

  /// See InputText::foreign_format.
  [[nodiscard]] std::string_view foreign_format() { return text_.foreign_format(); }

  void set_delimiter(char delimiter) { delimiter_ = delimiter; }
  /// Uses the delimiter (`,` `;` tab `|`) of the first line of data, or the one named by a line
  /// `sep=;`, which is skipped.
  void detect_delimiter();
  /// Uses only a line `sep=;`; false if the next line is not one.
  bool take_named_delimiter();
  [[nodiscard]] char delimiter() const { return delimiter_; }
  /// From now on a line that begins with `#` and has this many fields is a row; 0: never.
  void set_hash_fields(std::size_t fields) { hash_fields_ = fields; }

  /// The next line as it is, even if it begins with `#`; empty at the end of the input or if the
  /// line is longer than a row may be. Valid until the next call.
  [[nodiscard]] std::string_view peek_line();
  /// Skips the next line and counts it as a comment.
  void skip_comment();

  /// False at the end of the input.
  [[nodiscard]] bool next(CsvRow& row);
  /// Lines skipped as comments so far.
  [[nodiscard]] std::uint64_t comments() const { return comments_; }

 private:
  void skip_line();
  [[nodiscard]] bool skip_blank();
  [[nodiscard]] bool skip_blank_and_comments();
  [[nodiscard]] bool is_hash_row();
  bool plain_row(CsvRow& row);
  void quoted_row(CsvRow& row);
  void skip_long_row(CsvRow& row);

  LineBuffer text_;
  std::uint64_t comments_ = 0;
  std::size_t hash_fields_ = 0;
  char delimiter_ = ',';
  std::string scratch_;                                     // unquoted text of the row
  std::vector<std::pair<std::size_t, std::size_t>> spans_;  // its fields: begin, size
};

/// The possible delimiters of a list.
constexpr std::string_view kDelimiters = ",;\t|";

/// The delimiter that a line `sep=;` names, for spreadsheets: in any case, also in quotes, and with
/// empty fields that a program added to the line. None for any other line.
[[nodiscard]] std::optional<char> named_delimiter(std::string_view line);

/// The delimiter (`,` `;` tab `|`) that occurs most often outside quotes; none if there is none.
[[nodiscard]] std::optional<char> likely_delimiter(std::string_view line);

/// The fields of one line, unquoted.
[[nodiscard]] std::vector<std::string> split_line(std::string_view line, char delimiter);

}  // namespace core
