// Billing on a SQLite ledger.
#pragma once

#include <memory>
#include <string>

#include "core/billing/billing_source.h"

namespace storage {

/// Throws LedgerUnreadable if there is no ledger that this version can read.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_sqlite_billing(const std::string& path);

}  // namespace storage
