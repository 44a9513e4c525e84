// A prepared statement that binds without copies and is reused.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace storage {

/// Bound texts must exist until `run` or `reset`: nothing is copied. The C interface, because
/// SQLiteCpp's would take a tenth of the writer's instructions. Throws SQLite::Exception.
class Statement {
 public:
  Statement(SQLite::Database& database, const char* sql) {
    sqlite3_stmt* made = nullptr;
    if (const int code = sqlite3_prepare_v2(database.getHandle(), sql, -1, &made, nullptr);
        code != SQLITE_OK) {
      throw SQLite::Exception(database.getHandle(), code);
    }
    handle_.reset(made);
  }

  void bind(int position, std::int64_t value) {
    note_value(position);
    check(sqlite3_bind_int64(handle_.get(), position, value));
  }
  void bind(int position, const std::string& text) { bind_text(position, text, SQLITE_STATIC); }
  void bind(int position, std::string&& text) { bind_text(position, text, SQLITE_TRANSIENT); }
  void bind_null(int position) {
    if (!is_null_already(position)) {
      check(sqlite3_bind_null(handle_.get(), position));
    }
  }
  void bind_blob(int position, std::string_view bytes) {
    note_value(position);
    check(sqlite3_bind_blob(handle_.get(), position, bytes.data(), static_cast<int>(bytes.size()),
                            SQLITE_STATIC));
  }
  /// An empty text becomes null.
  void bind_or_null(int position, const std::string& text) {
    if (text.empty()) {
      bind_null(position);
    } else {
      bind(position, text);
    }
  }
  void bind_time(int position, const std::optional<core::UtcTime>& time) {
    if (time) {
      bind(position, std::int64_t{time->time_since_epoch().count()});
    } else {
      bind_null(position);
    }
  }

  /// Steps to the next row; false after the last one.
  [[nodiscard]] bool step() {
    const int code = sqlite3_step(handle_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
      throw SQLite::Exception(sqlite3_db_handle(handle_.get()), code);
    }
    return code == SQLITE_ROW;
  }
  void reset() { check(sqlite3_reset(handle_.get())); }
  /// Runs a statement without rows, and resets it, also if it fails.
  void run() {
    const Rewind rewind(*this);
    [[maybe_unused]] const bool has_row = step();
    assert(!has_row);
  }

  /// Resets a statement at the end of a scope, whatever happens there.
  class Rewind {
   public:
    explicit Rewind(Statement& statement) : statement_(statement) {}
    ~Rewind() { sqlite3_reset(statement_.handle_.get()); }  // a failure was thrown by `step`
    Rewind(const Rewind&) = delete;
    Rewind& operator=(const Rewind&) = delete;

   private:
    Statement& statement_;
  };

  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
  }
  /// The integer in the first column of the next row; 0 if there is none: of counts and keys.
  [[nodiscard]] std::int64_t next_integer() { return step() ? integer(0) : 0; }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }
  /// Valid until the next step or reset; null is empty.
  [[nodiscard]] std::string_view text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    return {bytes, bytes == nullptr ? 0 : size_of(column)};
  }
  [[nodiscard]] std::string_view blob(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    return {bytes, bytes == nullptr ? 0 : size_of(column)};
  }
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const {
    if (is_null(column)) {
      return std::nullopt;
    }
    return core::UtcTime(std::chrono::milliseconds(integer(column)));
  }

 private:
  static constexpr unsigned kWatched = 64;  // the first parameters

  void bind_text(int position, std::string_view text, sqlite3_destructor_type how) {
    note_value(position);
    check(sqlite3_bind_text(handle_.get(), position, text.data(), static_cast<int>(text.size()),
                            how));
  }
  void check(int code) const {
    if (code != SQLITE_OK) {
      throw SQLite::Exception(sqlite3_db_handle(handle_.get()), code);
    }
  }
  [[nodiscard]] std::size_t size_of(int column) const {
    return static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  }

  // A parameter keeps its value, and many are null in one row after the other.
  [[nodiscard]] static std::uint64_t bit_of(int position) {
    return static_cast<unsigned>(position) < kWatched ? std::uint64_t{1} << position : 0;
  }
  void note_value(int position) { nulls_ &= ~bit_of(position); }
  [[nodiscard]] bool is_null_already(int position) {
    const std::uint64_t bit = bit_of(position);
    const bool is_null = (nulls_ & bit) != 0;
    nulls_ |= bit;
    return is_null;
  }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  std::uint64_t nulls_ = ~std::uint64_t{0};
};

/// SQL: "(?, ?), (?, ?)", for the VALUES of so many rows. One statement for several rows takes
/// about half the instructions of a statement for each.
[[nodiscard]] inline std::string placeholders(std::size_t rows, std::size_t columns) {
  std::string row = "(?";
  for (std::size_t column = 1; column < columns; ++column) {
    row += ", ?";
  }
  row += ')';
  std::string sql = row;
  for (std::size_t next = 1; next < rows; ++next) {
    sql += ", " + row;
  }
  return sql;
}

}  // namespace storage
