// Rows that many lines of a closed period refer to.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "storage/sqlite/statement.h"

namespace storage {

/// The values of one row, from left to right. Texts must live until `id_of` returns.
class SharedValues {
 public:
  using Value = std::variant<std::monostate, std::int64_t, const std::string*>;

  void clear() { values_.clear(); }
  void add(std::int64_t value) { values_.emplace_back(value); }
  void add_null() { values_.emplace_back(); }
  /// An empty text becomes null.
  void add(const std::string& text) {
    if (text.empty()) {
      add_null();
    } else {
      values_.emplace_back(&text);
    }
  }
  [[nodiscard]] const std::vector<Value>& values() const { return values_; }

 private:
  std::vector<Value> values_;
};

/// Writes a row once for all that have the same values, as far as it remembers them: the table may
/// have equal rows. Throws SQLite::Exception.
class SharedRows {
 public:
  /// `columns` are those of the table behind its `id`: "model, ratio".
  SharedRows(SQLite::Database& database, const std::string& table, const std::string& columns);
  [[nodiscard]] std::int64_t id_of(const SharedValues& row);

 private:
  static constexpr std::size_t kRemembered = 8192;  // a few MiB

  void write_key(const SharedValues& row);
  void insert(const SharedValues& row);

  Statement insert_;
  std::int64_t last_id_;
  std::unordered_map<std::string, std::int64_t> known_;
  std::string key_;
};

}  // namespace storage
