// All that a ledger's file contains, to compare two of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/text/hex.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"
#include "storage/statements/ledger_tables.h"

namespace support {

/// The rows of each table, as text.
using Dump = std::map<std::string, std::vector<std::string>>;

[[nodiscard]] inline Dump dump_of(const std::string& path) {
  Dump dump;
  const auto database = storage::open_for_reading(path);
  for (const storage::LedgerTable& table : storage::ledger_tables()) {
    storage::Statement rows(*database, table.select_text().c_str());
    std::vector<std::string>& lines = dump[table.name];
    while (rows.step()) {
      std::string& line = lines.emplace_back();
      for (int at = 0; at < static_cast<int>(table.columns.size()); ++at) {
        line += rows.is_null(at) ? "-|" : core::hex(rows.blob(at)) + "|";
      }
    }
  }
  storage::Statement applied(*database, "SELECT number || ' ' || applied_at FROM migration");
  while (applied.step()) {
    dump["migration"].emplace_back(applied.text(0));
  }
  return dump;
}

}  // namespace support
