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
    too_long,      ///< longer than CsvReader::kRowBytesMax: skipped to its end, without fields
    unterminated,  ///< a quote opened here never closes: nothing follows
  };
  Kind kind = Kind::fields;
  std::uint64_t line = 0;  ///< physical line on which the row begins, from 1
  std::vector<std::string_view> fields;
};

/// Reads what InputText can; lines end with LF, CRLF or CR; quoted fields may hold delimiters,
/// doubled quotes and line ends. Invisible characters at the begin of a line are dropped: the byte
/// order mark of a file that was added to another one. Blank lines are skipped, and so are,
/// counted, lines that begin with `#` (but see `set_hash_fields`). One thread.
class CsvReader {
 public:
  static constexpr std::size_t kRowBytesMax = LineBuffer::kLineBytesMax;

  explicit CsvReader(ReadBytes read, Tell tell = {});

  /// InputText::foreign_format.
  [[nodiscard]] std::string_view foreign_format() { return text_.foreign_format(); }

  void set_delimiter(char delimiter) { delimiter_ = delimiter; }
  /// Takes the delimiter that the first line of data is made with (`,` `;` tab `|`), or that it
  /// names as `sep=;`; such a line is skipped.
  void detect_delimiter();
  /// Only the latter; false: the line that comes next is none such.
  bool take_named_delimiter();
  [[nodiscard]] char delimiter() const { return delimiter_; }
  /// A line that begins with `#` and has this many fields is a row from now on; 0: none is.
  void set_hash_fields(std::size_t fields) { hash_fields_ = fields; }

  /// The line that comes next, also one that begins with `#`, as it stands; empty at the end of the
  /// input or when it is longer than a row may be. Valid until the next call.
  [[nodiscard]] std::string_view peek_line();
  /// Skips the line that comes next, a comment; counts it.
  void skip_comment();

  /// False at the end.
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

/// What may stand between the fields of a list.
constexpr std::string_view kDelimiters = ",;\t|";

/// What `sep=;` names, for spreadsheets: in any case, in quotes too, and with the empty fields that
/// a program filled the line up with. None: the line is another one.
[[nodiscard]] std::optional<char> named_delimiter(std::string_view line);

/// The delimiter (`,` `;` tab `|`) that stands most often outside quotes; none: the line has none.
[[nodiscard]] std::optional<char> likely_delimiter(std::string_view line);

/// The fields of one line, unquoted.
[[nodiscard]] std::vector<std::string> split_line(std::string_view line, char delimiter);

}  // namespace core
