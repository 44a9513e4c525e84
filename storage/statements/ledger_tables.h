// The tables of a ledger that every engine has, and their columns: what a copy takes along.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace storage {

struct TableColumn {
  enum class Kind { integer, text, bytes };
  std::string name;
  Kind kind = Kind::integer;
};

struct LedgerTable {
  std::string name;
  std::size_t keys = 1;  ///< the first columns that together tell its rows apart
  std::vector<TableColumn> columns;

  /// "id, name".
  [[nodiscard]] std::string column_list() const;
  /// All rows by key.
  [[nodiscard]] std::string select_text() const;
};

/// A table comes behind those that it refers to. Without `migration`, and without what engines keep
/// for themselves.
[[nodiscard]] const std::vector<LedgerTable>& ledger_tables();

}  // namespace storage
