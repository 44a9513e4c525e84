// A prepared statement that binds without copies and is reused.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace storage {

/// Bound texts must exist until `run` or `reset`: nothing is copied. Throws SQLite::Exception.
class Statement {
 public:
  Statement(SQLite::Database& database, const char* sql) : statement_(database, sql) {}

  void bind(int position, std::int64_t value) { statement_.bind(position, value); }
  void bind(int position, const std::string& text) { statement_.bindNoCopy(position, text); }
  void bind(int position, std::string&& text) { statement_.bind(position, text); }
  void bind_null(int position) { statement_.bind(position); }
  void bind_blob(int position, std::string_view bytes) {
    statement_.bindNoCopy(position, bytes.data(), static_cast<int>(bytes.size()));
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
  [[nodiscard]] bool step() { return statement_.executeStep(); }
  void reset() { statement_.reset(); }
  /// Runs a statement without rows, and resets it, also if it fails.
  void run() {
    const Rewind rewind(*this);
    statement_.exec();
  }

  /// Resets a statement at the end of a scope, whatever happens there.
  class Rewind {
   public:
    explicit Rewind(Statement& statement) : statement_(statement) {}
    ~Rewind() { static_cast<void>(statement_.statement_.tryReset()); }
    Rewind(const Rewind&) = delete;
    Rewind& operator=(const Rewind&) = delete;

   private:
    Statement& statement_;
  };

  [[nodiscard]] std::int64_t integer(int column) const {
    return statement_.getColumn(column).getInt64();
  }
  [[nodiscard]] bool is_null(int column) const { return statement_.getColumn(column).isNull(); }
  /// Valid until the next step or reset; null is empty.
  [[nodiscard]] std::string_view text(int column) const {
    const SQLite::Column value = statement_.getColumn(column);
    const char* bytes = value.getText();
    return {bytes, static_cast<std::size_t>(value.getBytes())};
  }
  [[nodiscard]] std::string_view blob(int column) const {
    const SQLite::Column value = statement_.getColumn(column);
    const void* bytes = value.getBlob();
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(value.getBytes())};
  }
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const {
    if (is_null(column)) {
      return std::nullopt;
    }
    return core::UtcTime(std::chrono::milliseconds(integer(column)));
  }

 private:
  mutable SQLite::Statement statement_;
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
