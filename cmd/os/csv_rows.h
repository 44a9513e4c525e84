// A CSV table on a stream, one row after the other.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "core/text/csv_writer.h"

namespace cmd {

/// One thread.
class CsvRows {
 public:
  /// Writes the header.
  CsvRows(std::ostream& out, std::span<const std::string_view> columns) : out_(out) {
    for (const std::string_view column : columns) {
      cells_.text(column);
    }
    end_row();
  }
  CsvRows(const CsvRows&) = delete;
  CsvRows& operator=(const CsvRows&) = delete;

  /// Of the current row.
  [[nodiscard]] core::CsvWriter& cells() { return cells_; }
  void end_row() {
    cells_.end_row();
    out_ << row_;
    row_.clear();
  }

 private:
  std::ostream& out_;
  std::string row_;
  core::CsvWriter cells_{row_, ','};
};

}  // namespace cmd
