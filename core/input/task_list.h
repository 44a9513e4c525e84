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
  std::optional<char> delimiter;  ///< none: detect it
  std::string column;             ///< of the ID: a name, or a number from 1; empty: use the header
  /// Receives what the user should know about how the input was read: one line each, with its name.
  Tell warn{};
  Tell detail{};  ///< receives details for --verbose
};

/// A row without a usable ID.
struct RejectedRow {
  std::string source;
  std::uint64_t line = 0;
  std::string reason;
  std::string text;        ///< the ID field as sent, capped; not printable
  std::uint64_t mark = 0;  ///< equal for the same row with the same reason
};

/// The RejectedRow::mark of a row with this content.
[[nodiscard]] std::uint64_t rejection_mark(const std::string& source, std::string_view reason,
                                           std::string_view content);

/// One input, read as a stream. One thread. Every method throws core::UsageError that names the
/// input if it cannot be read.
class TaskList {
 public:
  using Row = std::variant<WantedTask, RejectedRow>;

  /// Reads the first rows. Throws core::UsageError if the requested column does not exist, if the
  /// first row looks like a header without a known column, or if the input is not a list (a
  /// workbook, JSON …): all inputs can be checked before the first query.
  TaskList(std::string source, ReadBytes read, TaskListOptions options);
  TaskList(const TaskList&) = delete;  // its reader calls back into it
  TaskList& operator=(const TaskList&) = delete;

  /// None at the end.
  [[nodiscard]] std::optional<Row> next();
  [[nodiscard]] const ListColumns& columns() const { return columns_; }
  [[nodiscard]] const std::string& source() const { return source_; }
  /// The line on which the last row begins, counted from 1.
  [[nodiscard]] std::uint64_t line() const { return rows_.row().line; }
  [[nodiscard]] std::uint64_t rows() const { return counts_.rows; }
  /// Lines skipped so far because they begin with `#`.
  [[nodiscard]] std::uint64_t comments() const {
    return rows_.reader().comments() - counts_.hash_headers;
  }
  /// Rows skipped so far because they repeat a header.
  [[nodiscard]] std::uint64_t repeated_headers() const { return counts_.repeated_headers; }

 private:
  using Names = ListColumns::Names;
  struct Counts {
    std::uint64_t rows = 0;
    std::uint64_t repeated_headers = 0;
    std::uint64_t hash_headers = 0;  // after `#`, which the reader counts as comments
  };

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
  bool delimiter_named_ = false;  // by a line `sep=`
  Counts counts_;
};

/// The value of a label of exactly this name (ListColumns::label_named); empty if there is none.
[[nodiscard]] std::string_view find_label(const Labels& labels, std::string_view name);

}  // namespace core
