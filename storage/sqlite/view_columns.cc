#include "storage/sqlite/view_columns.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>

#include "storage/migration.h"
#include "storage/sqlite/database.h"

namespace storage {

std::vector<ViewColumns> stable_views() {
  return with_ledger_errors(":memory:", "make", [] {
    SQLite::Database ledger(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    for (const Migration& migration : embedded_migrations()) {
      ledger.exec(std::string(migration.sql));
    }
    std::vector<ViewColumns> views;
    SQLite::Statement columns(ledger,
                              "SELECT m.name, c.name FROM sqlite_schema AS m "
                              "JOIN pragma_table_info(m.name) AS c "
                              "WHERE m.type = 'view' AND m.name LIKE 'v\\_%' ESCAPE '\\' "
                              "ORDER BY m.name, c.cid");
    while (columns.executeStep()) {
      const std::string view = columns.getColumn(0).getString();
      if (views.empty() || views.back().name != view) {
        views.push_back({.name = view, .columns = {}});
      }
      views.back().columns.push_back(columns.getColumn(1).getString());
    }
    return views;
  });
}

}  // namespace storage
