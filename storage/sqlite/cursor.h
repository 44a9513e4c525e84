// A prepared statement through the C interface, for reports with a million rows of 25 columns.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace storage {

/// Reads forward. Throws SQLite::Exception. Belongs to the thread of its connection.
class Cursor {
 public:
  /// `values` are bound to the parameters from 1 on.
  Cursor(SQLite::Database& database, const std::string& sql,
         std::initializer_list<std::int64_t> values)
      : handle_(database.getHandle()) {
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &made, nullptr), SQLITE_OK);
    statement_.reset(made);
    bind(values);
  }

  /// Starts again with other values.
  void restart(std::initializer_list<std::int64_t> values) {
    sqlite3_reset(statement_.get());  // a failure was already thrown by `step`
    bind(values);
  }

  bool step() {
    const int code = sqlite3_step(statement_.get());
    if (code != SQLITE_DONE) {
      check(code, SQLITE_ROW);
    }
    return code == SQLITE_ROW;
  }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  /// Valid until the next step.
  [[nodiscard]] std::string_view text(int column) const {
    // A single call for pointer and size. The connection has no mutex (storage/sqlite/database.h),
    // so the value is protected, and may be read (sqlite.org/c3ref/value.html).
    sqlite3_value* value = sqlite3_column_value(statement_.get(), column);
    const void* bytes = sqlite3_value_blob(value);
    return {static_cast<const char*>(bytes),
            bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_value_bytes(value))};
  }
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const {
    if (is_null(column)) {
      return std::nullopt;
    }
    return core::UtcTime(std::chrono::milliseconds(integer(column)));
  }

 private:
  void bind(std::initializer_list<std::int64_t> values) {
    int position = 1;
    for (const std::int64_t value : values) {
      check(sqlite3_bind_int64(statement_.get(), position++, value), SQLITE_OK);
    }
  }
  void check(int code, int expected) const {
    if (code != expected) {
      throw SQLite::Exception(handle_, code);
    }
  }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* handle_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace storage
