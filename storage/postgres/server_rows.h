// Rows of one connection to a server for the statements that every engine shares.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/postgres/connection.h"
#include "storage/statements/dialect.h"

namespace storage {

/// As RowReader in storage/statements/rows.h. The first step runs the statement.
class ServerCursor {
 public:
  ServerCursor(Connection& connection, std::string sql, std::initializer_list<std::int64_t> values,
               Connection::Fetch fetch)
      : connection_(&connection), sql_(std::move(sql)), values_(values), fetch_(fetch) {}

  bool step() {
    if (!rows_) {
      Parameters parameters;
      for (const std::int64_t value : values_) {
        parameters.add(value);
      }
      rows_.emplace(connection_->query(sql_, parameters, {.fetch = fetch_}));
    }
    return rows_->step();
  }
  void restart(std::initializer_list<std::int64_t> values) {
    rows_.reset();
    values_ = values;
  }
  [[nodiscard]] bool is_null(int column) const { return rows_->is_null(column); }
  [[nodiscard]] std::int64_t integer(int column) const { return rows_->integer(column); }
  [[nodiscard]] std::string_view text(int column) const { return rows_->text(column); }
  [[nodiscard]] std::optional<core::UtcTime> time(int column) const { return rows_->time(column); }

 private:
  Connection* connection_;
  std::string sql_;
  std::vector<std::int64_t> values_;
  Connection::Fetch fetch_;
  std::optional<Rows> rows_;
};

/// As RowSource. Within a transaction of the connection. Throws ServerError, ConnectionLost.
class ServerRows {
 public:
  using Cursor = ServerCursor;

  /// `streaming`: one cursor at a time.
  explicit ServerRows(Connection& connection, Connection::Fetch fetch = Connection::Fetch::whole)
      : connection_(connection), fetch_(fetch) {}
  [[nodiscard]] Cursor select(std::string_view text, std::initializer_list<std::int64_t> values) {
    return {connection_, in_dialect(text, Dialect::postgres), values, fetch_};
  }

 private:
  Connection& connection_;
  Connection::Fetch fetch_;
};

}  // namespace storage
