// The one place that knows which back end a ledger is on.
#pragma once

#include <memory>
#include <string>

#include "core/billing/billing_source.h"

namespace storage {

/// Opens a ledger for billing. Throws LedgerUnreadable when there is no ledger that this version
/// can read.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_billing_source(const std::string& path);

}  // namespace storage
