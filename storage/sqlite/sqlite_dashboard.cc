#include "storage/sqlite/sqlite_dashboard.h"

#include <variant>
#include <vector>

#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/view_rows.h"
#include "storage/statements/dashboard_reads.h"

namespace storage {
namespace {

class SqliteSelect {
 public:
  static constexpr Dialect kDialect = Dialect::sqlite;

  explicit SqliteSelect(const std::string& path) : path_(path), database_(open_for_reading(path)) {
    require_schema(*database_, path, embedded_migrations());
  }

  [[nodiscard]] std::vector<core::ViewRow> operator()(const std::string& text,
                                                      const DashboardValues& values) {
    return with_ledger_errors(path_, "read", [&] {
      SQLite::Statement select(*database_, in_dialect(text, kDialect));
      int position = 0;
      for (const auto& value : values) {
        ++position;
        std::visit([&](const auto& one) { select.bind(position, one); }, value);
      }
      return rows_of(select);
    });
  }

 private:
  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace

std::unique_ptr<core::DashboardReader> open_sqlite_dashboard(const std::string& path) {
  return std::make_unique<DashboardReads<SqliteSelect>>(path);
}

}  // namespace storage
