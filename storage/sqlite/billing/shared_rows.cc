#include "storage/sqlite/billing/shared_rows.h"

#include <algorithm>

namespace storage {
namespace {

std::string shared_insert_text(const std::string& table, const std::string& columns) {
  const auto commas = std::count(columns.begin(), columns.end(), ',');
  return "INSERT INTO " + table + " (id, " + columns + ") VALUES " +
         placeholders(1, static_cast<std::size_t>(commas) + 2);
}

// Each value with its kind in front, and a text with its length: no two rows have the same key.
void append_value(std::string& key, const SharedValues::Value& value) {
  const auto append_number = [&key](std::int64_t number) {
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  key += static_cast<char>(value.index());
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    append_number(*number);
  } else if (const auto* text = std::get_if<const std::string*>(&value)) {
    append_number(static_cast<std::int64_t>((*text)->size()));
    key += **text;
  }
}

}  // namespace

SharedRows::SharedRows(SQLite::Database& database, const std::string& table,
                       const std::string& columns)
    : insert_(database, shared_insert_text(table, columns).c_str()),
      last_id_(database.execAndGet("SELECT coalesce(max(id), 0) FROM " + table).getInt64()) {}

std::int64_t SharedRows::id_of(const SharedValues& row) {
  write_key(row);
  if (const auto known = known_.find(key_); known != known_.end()) {
    return known->second;
  }
  ++last_id_;
  insert(row);
  if (known_.size() == kRemembered) {
    known_.clear();
  }
  known_.emplace(key_, last_id_);
  return last_id_;
}

void SharedRows::write_key(const SharedValues& row) {
  key_.clear();
  for (const SharedValues::Value& value : row.values()) {
    append_value(key_, value);
  }
}

void SharedRows::insert(const SharedValues& row) {
  int position = 0;
  insert_.bind(++position, last_id_);
  for (const SharedValues::Value& value : row.values()) {
    ++position;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      insert_.bind(position, *number);
    } else if (const auto* text = std::get_if<const std::string*>(&value)) {
      insert_.bind(position, **text);
    } else {
      insert_.bind_null(position);
    }
  }
  insert_.run();
}

}  // namespace storage
