// A ledger's file for the statements of maintenance that all engines share.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <initializer_list>
#include <string>

#include "storage/sqlite/rows.h"

namespace storage {

/// See MaintainedLedger in storage/statements/maintained.h. Within the caller's transaction. Throws
/// SQLite::Exception.
class MaintainedFile {
 public:
  using Rows = SqliteRows;

  explicit MaintainedFile(SQLite::Database& database) : database_(database), rows_(database) {}

  [[nodiscard]] Rows& rows() { return rows_; }
  std::uint64_t change(const std::string& text, std::initializer_list<std::int64_t> values) {
    SQLite::Statement statement(database_, in_dialect(text, Dialect::sqlite));
    int position = 0;
    for (const std::int64_t value : values) {
      statement.bind(++position, value);
    }
    return static_cast<std::uint64_t>(statement.exec());
  }

 protected:
  [[nodiscard]] SQLite::Database& database() { return database_; }

 private:
  SQLite::Database& database_;
  SqliteRows rows_;
};

}  // namespace storage
