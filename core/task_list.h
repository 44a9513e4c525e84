// Task IDs from CSV files and plain lists (product.md, "Input").
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/csv.h"
#include "core/task.h"

namespace core {

struct TaskListOptions {
  std::optional<char> delimiter;  ///< none: detected
  std::string column;             ///< of the ID: a name, or a number from 1; empty: by the header
};

/// A row without a usable ID.
struct RejectedRow {
  std::string source;
  std::uint64_t line = 0;
  std::string reason;
  std::string text;  ///< the ID field as sent, capped; not harmless to print
};

/// One input, read as a stream. One thread. Every method throws core::UsageError that names the
/// input when it cannot be read.
class TaskList {
 public:
  using Row = std::variant<WantedTask, RejectedRow>;

  /// Looks at the first row: throws core::UsageError when the column asked for is not there, so
  /// that all inputs can be tried before anything is asked.
  TaskList(std::string source, ReadBytes read, TaskListOptions options);

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

 private:
  void read_header();
  [[nodiscard]] std::optional<std::size_t> named_column(
      const std::vector<std::string>& names) const;
  [[nodiscard]] Row accept(const CsvRow& row);

  std::string source_;
  CsvReader reader_;
  TaskListOptions options_;
  CsvRow row_;
  bool first_is_data_ = false;  // row_ holds a row that was only looked at
  std::size_t id_column_ = 0;
  std::optional<std::size_t> model_column_;
  std::optional<std::size_t> account_column_;
  std::vector<std::string> label_names_;  // by column; empty: no label
  std::size_t labels_ = 0;                // columns that are labels
  std::uint64_t rows_ = 0;
};

/// How long an input that does not come, as from a pipe, is waited for.
struct InputPatience {
  int stop = -1;  ///< a descriptor that ends the waiting when it becomes readable; -1: none
  SteadyTime until = SteadyTime::max();
};

/// Opens a file to read task IDs from; `-` is standard input. Throws core::UsageError when it is a
/// folder or cannot be opened; what it returns throws the same when reading fails, and
/// core::Stopped when the patience (which may change, and must outlive it) is over.
[[nodiscard]] ReadBytes open_input(const std::string& path,
                                   const InputPatience* patience = nullptr);

/// The value of a label, its name in any case; empty when there is none.
[[nodiscard]] std::string_view find_label(const Labels& labels, std::string_view name);

}  // namespace core
