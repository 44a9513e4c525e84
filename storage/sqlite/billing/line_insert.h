// Writes the lines of a closed period.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>

#include "core/billing/billing_source.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// Throws SQLite::Exception.
class LineInsert {
 public:
  explicit LineInsert(SQLite::Database& database);
  void add(std::int64_t period, const core::ReportLine& line);

 private:
  Statement statement_;
};

}  // namespace storage
