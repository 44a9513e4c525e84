#include "storage/open_ledger.h"

#include "storage/postgres/billing/postgres_billing_source.h"
#include "storage/sqlite/billing/sqlite_billing_source.h"
#include "storage/sqlite/sqlite_reader.h"

namespace storage {

std::unique_ptr<core::LedgerReader> open_ledger_reader(const std::string& path) {
  return std::make_unique<SqliteReader>(path);
}

std::unique_ptr<core::BillingSource> open_billing_source(const std::string& path) {
  if (is_postgres_url(path)) {
    return open_postgres_billing(LedgerUrl(path));
  }
  return open_sqlite_billing(path);
}

std::string back_end_version() { return sqlite_version_text(); }

}  // namespace storage
