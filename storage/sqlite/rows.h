// Rows of a SQLite connection, for the statements that all engines share.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "storage/sqlite/cursor.h"
#include "storage/statements/dialect.h"

namespace storage {

/// See RowSource in storage/statements/rows.h. Throws SQLite::Exception.
class SqliteRows {
 public:
  using Cursor = storage::Cursor;

  explicit SqliteRows(SQLite::Database& database) : database_(database) {}
  [[nodiscard]] Cursor select(std::string_view text, std::initializer_list<std::int64_t> values) {
    return {database_, in_dialect(text, Dialect::sqlite), values};
  }

 private:
  SQLite::Database& database_;
};

}  // namespace storage
