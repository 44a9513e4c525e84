// Task IDs from CSV files and plain lists (docs/operating.md, "Lists as they come").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/domain/task.h"
#include "core/input/held_rows.h"
#include "core/input/id_cell.h"
#include "core/input/list_columns.h"
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
  [[nodiscard]] bool has_account_column() const { return columns_.has_account(); }
  /// Whether a column, other than those of ID, model and account, has this name in any case; its
  /// values are labels.
  [[nodiscard]] bool has_column(std::string_view name) const { return columns_.has_label(name); }
  [[nodiscard]] const std::string& source() const { return source_; }
  /// On which the last row begins, from 1.
  [[nodiscard]] std::uint64_t line() const { return rows_.row().line; }
  [[nodiscard]] std::uint64_t rows() const { return taken_; }
  /// Lines skipped so far since they begin with `#`.
  [[nodiscard]] std::uint64_t comments() const { return rows_.reader().comments() - hash_headers_; }
  /// Rows skipped so far since they are a header again.
  [[nodiscard]] std::uint64_t repeated_headers() const { return repeated_headers_; }

 private:
  using Names = ListColumns::Names;

  [[nodiscard]] Names read_hash_header();
  void read_header(const Names& names);
  void read_first_row();
  void take_names(const Names& names);
  [[nodiscard]] bool is_header_again();
  [[nodiscard]] bool is_other_delimiter();
  void take_header_again(const Names& names);
  [[nodiscard]] Row accept(const CsvRow& row);
  void tell(const Tell& how, const std::string& sentence) const;

  std::string source_;
  TaskListOptions options_;
  HeldRows rows_;
  ListColumns columns_;
  RoundingWatch rounding_;
  bool delimiter_named_ = false;    // by `sep=`
  std::uint64_t hash_headers_ = 0;  // headers behind `#`, which the reader takes for comments
  std::uint64_t repeated_headers_ = 0;
  std::uint64_t taken_ = 0;
};

/// The value of a label, its name in any case; empty when there is none.
[[nodiscard]] std::string_view find_label(const Labels& labels, std::string_view name);

}  // namespace core
