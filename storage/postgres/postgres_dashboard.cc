#include "storage/postgres/postgres_dashboard.h"

#include <string>
#include <variant>
#include <vector>

#include "storage/migration.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/server_transaction.h"
#include "storage/postgres/view_rows.h"
#include "storage/statements/dashboard_reads.h"

namespace storage {
namespace {

class ServerSelect {
 public:
  static constexpr Dialect kDialect = Dialect::postgres;

  explicit ServerSelect(const LedgerUrl& url) : connection_(url) {
    require_server_schema(connection_, embedded_postgres_migrations());
  }

  [[nodiscard]] std::vector<core::ViewRow> operator()(const std::string& text,
                                                      const DashboardValues& values) {
    const ServerTransaction moment(connection_, ServerTransaction::Kind::reading);
    Parameters parameters;
    for (const auto& value : values) {
      std::visit([&](const auto& one) { parameters.add(one); }, value);
    }
    return view_rows(connection_, text, parameters);
  }

 private:
  Connection connection_;
};

}  // namespace

std::unique_ptr<core::DashboardReader> open_postgres_dashboard(const LedgerUrl& url) {
  return std::make_unique<DashboardReads<ServerSelect>>(url);
}

}  // namespace storage
