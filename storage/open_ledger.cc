#include "storage/open_ledger.h"

#include "storage/sqlite/billing/sqlite_billing_source.h"

namespace storage {

std::unique_ptr<core::BillingSource> open_billing_source(const std::string& path) {
  return open_sqlite_billing(path);
}

}  // namespace storage
