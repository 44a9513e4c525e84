// The rows of a list, with a look-ahead at the first ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/text/csv.h"

namespace core {

/// One thread. Throws what the reader throws.
class HeldRows {
 public:
  /// A row that was read ahead.
  struct Row {
    CsvRow::Kind kind = CsvRow::Kind::fields;
    std::uint64_t line = 0;
    std::vector<std::string> fields;
  };

  HeldRows(ReadBytes read, Tell tell) : reader_(std::move(read), std::move(tell)) {}

  [[nodiscard]] CsvReader& reader() { return reader_; }
  [[nodiscard]] const CsvReader& reader() const { return reader_; }

  /// Reads one more row ahead; false at the end.
  bool hold();
  [[nodiscard]] const std::deque<Row>& held() const { return held_; }
  void drop_first() { held_.pop_front(); }

  /// Moves to the next row; false at the end.
  [[nodiscard]] bool take();
  /// The current row; valid until the next `hold` or `take`.
  [[nodiscard]] const CsvRow& row() const { return row_; }

 private:
  CsvReader reader_;
  CsvRow row_;
  std::deque<Row> held_;  // read ahead, in order
  Row current_;           // owns the data of row_ if it was read ahead
};

/// Whether the first row is a header although no column name is known. Either it has several
/// columns, with a short word without digits above cells that have digits; or it has no digit in
/// any cell, and the cells below another column look like IDs while those of the ID's column have
/// no digits. Reads up to eight more rows ahead.
[[nodiscard]] bool looks_like_header(HeldRows& rows, std::size_t id_column);

/// Whether the cells look like IDs of one gateway: similar lengths, the same beginning.
[[nodiscard]] bool look_like_ids(const std::vector<std::string>& cells);

}  // namespace core
