// The rows of a list, of which the first ones can be looked at before they are read.
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
  /// A row that was only looked at.
  struct Row {
    CsvRow::Kind kind = CsvRow::Kind::fields;
    std::uint64_t line = 0;
    std::vector<std::string> fields;
  };

  HeldRows(ReadBytes read, Tell tell) : reader_(std::move(read), std::move(tell)) {}

  [[nodiscard]] CsvReader& reader() { return reader_; }
  [[nodiscard]] const CsvReader& reader() const { return reader_; }

  /// Holds one row more; false at the end.
  bool hold();
  [[nodiscard]] const std::deque<Row>& held() const { return held_; }
  void drop_first() { held_.pop_front(); }

  /// Goes to the next row, a held one first; false at the end.
  [[nodiscard]] bool take();
  /// The row that was taken last; valid until the next `hold` or `take`.
  [[nodiscard]] const CsvRow& row() const { return row_; }

 private:
  CsvReader reader_;
  CsvRow row_;
  std::deque<Row> held_;  // to come before the reader's next
  Row current_;           // behind row_, when it was held
};

/// Whether the first row that is held is a header, though it names no column that is known: of
/// several columns, with a short word without a digit where the IDs below have some; or without a
/// digit in any cell, where those of another column below look like IDs and its own have none.
/// Holds up to eight rows more.
[[nodiscard]] bool looks_like_header(HeldRows& rows, std::size_t id_column);

/// Of one kind, as those are that one gateway gives: about as long, with the same beginning.
[[nodiscard]] bool look_like_ids(const std::vector<std::string>& cells);

}  // namespace core
