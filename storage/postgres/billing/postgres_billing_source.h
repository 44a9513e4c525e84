// Billing on a PostgreSQL ledger.
#pragma once

#include <memory>

#include "core/billing/billing_source.h"
#include "storage/postgres/ledger_url.h"

namespace storage {

/// Throws LedgerUnreadable when there is no ledger with the schema of this program, ConnectionLost
/// when its server cannot be reached.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_postgres_billing(const LedgerUrl& url);

}  // namespace storage
