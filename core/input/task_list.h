// Task IDs from CSV files and plain lists (docs/operating.md, "Lists as they come").
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/domain/task.h"
#include "core/text/csv.h"

namespace core {

struct TaskListOptions {
  std::optional<char> delimiter;  ///< none: detected
  std::string column;             ///< of the ID: a name, or a number from 1; empty: by the header
  /// Is told what people should know of how the input was read: one line each, with its name.
  Tell warn{};
  Tell detail{};  ///< what is rarely wanted
};

/// A row without a usable ID.
struct RejectedRow {
  std::string source;
  std::uint64_t line = 0;
  std::string reason;
  std::string text;        ///< the ID field as sent, capped; not harmless to print
  std::uint64_t mark = 0;  ///< the same for the same row, rejected for the same reason
};

/// RejectedRow::mark of a row with this content.
[[nodiscard]] std::uint64_t rejection_mark(const std::string& source, std::string_view reason,
                                           std::string_view content);

/// One input, read as a stream. One thread. Every method throws core::UsageError that names the
/// input when it cannot be read.
class TaskList {
 public:
  using Row = std::variant<WantedTask, RejectedRow>;

  /// Looks at the first rows: throws core::UsageError when the column asked for is not there, when
  /// the first row looks like a header that names no known column, or when the input is no list at
  /// all (a workbook, JSON …), so that all inputs can be tried before anything is asked.
  TaskList(std::string source, ReadBytes read, TaskListOptions options);
  TaskList(const TaskList&) = delete;  // its reader tells it what it found
  TaskList& operator=(const TaskList&) = delete;

  /// None at the end.
  [[nodiscard]] std::optional<Row> next();
  /// Whether there is a column named `account`.
  [[nodiscard]] bool has_account_column() const { return account_column_.has_value(); }
  /// Whether a column, other than those of ID, model and account, has this name in any case; its
  /// values are labels.
  [[nodiscard]] bool has_column(std::string_view name) const;
  [[nodiscard]] const std::string& source() const { return source_; }
  /// On which the last row begins, from 1.
  [[nodiscard]] std::uint64_t line() const { return row_.line; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// Lines skipped so far since they begin with `#`.
  [[nodiscard]] std::uint64_t comments() const { return reader_.comments() - hash_headers_; }
  /// Rows skipped so far since they are a header again.
  [[nodiscard]] std::uint64_t repeated_headers() const { return repeated_headers_; }

 private:
  using Names = std::vector<std::string>;
  // A row that was only looked at.
  struct HeldRow {
    CsvRow::Kind kind = CsvRow::Kind::fields;
    std::uint64_t line = 0;
    std::vector<std::string> fields;
  };

  [[nodiscard]] Names read_hash_header();
  [[nodiscard]] char delimiter_of(std::string_view line, char likely) const;
  [[nodiscard]] bool is_numbered_row(const Names& cells) const;
  void read_header(Names names);
  void read_first_row();
  void take_names(Names names);
  bool hold_row();
  [[nodiscard]] bool take_row();
  [[nodiscard]] bool looks_like_header();
  [[nodiscard]] bool is_header_again();
  [[nodiscard]] bool is_other_delimiter();
  void take_header_again(Names names);
  void note_rounding(std::string_view id);
  [[nodiscard]] std::string_view id_field(const std::vector<std::string_view>& fields) const;
  [[nodiscard]] std::optional<std::size_t> named_column(const Names& names) const;
  [[nodiscard]] Row accept(const CsvRow& row);
  void tell(const Tell& how, const std::string& sentence) const;

  std::string source_;
  CsvReader reader_;
  TaskListOptions options_;
  CsvRow row_;
  std::deque<HeldRow> held_;       // to come before the reader's next
  HeldRow current_;                // behind row_, when it was held
  bool delimiter_named_ = false;   // by `sep=`
  Names header_;                   // by column_name; empty: there is none
  std::size_t longest_name_ = 16;  // of a column, those that are known included
  bool names_have_digits_ = false;
  std::uint64_t hash_headers_ = 0;  // headers behind `#`, which the reader takes for comments
  std::uint64_t repeated_headers_ = 0;
  std::size_t id_column_ = 0;
  std::optional<std::size_t> model_column_;
  std::optional<std::size_t> account_column_;
  std::vector<std::string> label_names_;  // by column; empty: no label
  std::size_t labels_ = 0;                // columns that are labels
  std::uint64_t rows_ = 0;
  unsigned rounded_ = 0;    // IDs that a spreadsheet may have rounded
  bool unrounded_ = false;  // a long number that it has not
};

/// The value of a label, its name in any case; empty when there is none.
[[nodiscard]] std::string_view find_label(const Labels& labels, std::string_view name);

}  // namespace core
