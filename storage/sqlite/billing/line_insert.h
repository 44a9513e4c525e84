// Writes the lines of a closed period.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/billing/billing_source.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Adds lines, several with one statement: the last ones are there only after `flush`. Throws
/// SQLite::Exception.
class LineInsert {
 public:
  explicit LineInsert(SQLite::Database& database);
  void add(std::int64_t period, const core::ReportLine& line);
  void flush();

 private:
  static constexpr std::size_t kAtOnce = 8;

  // A line with its texts, which must live until the statement ran.
  struct Row {
    std::int64_t period = 0;
    std::int64_t incurred_in = 0;
    core::FinishedTask task;
    core::Charge charge;
    bool is_reversal = false;
    std::string adjusts;
    std::string labels;
    std::string quantity;
    std::string unit_price;
    std::string cost;
  };
  void bind(std::size_t at, const Row& row);

  Statement statement_;
  std::array<Row, kAtOnce> rows_;
  std::size_t used_ = 0;
};

}  // namespace storage
