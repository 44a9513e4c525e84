// All rows of a statement, with the names of their columns.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <utility>
#include <vector>

#include "core/ledger/ledger_reader.h"

namespace storage {

/// Throws SQLite::Exception.
[[nodiscard]] inline std::vector<core::ViewRow> rows_of(SQLite::Statement& select) {
  std::vector<core::ViewRow> rows;
  while (select.executeStep()) {
    core::ViewRow row;
    for (int i = 0; i < select.getColumnCount(); ++i) {
      const SQLite::Column value = select.getColumn(i);
      row.emplace_back(select.getColumnName(i),
                       value.isNull() ? std::nullopt : std::optional(value.getString()));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace storage
