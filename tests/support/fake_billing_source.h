// An in-memory ledger for billing.
#pragma once

#include <memory>

#include "core/billing/billing_source.h"
#include "tests/support/memory_ledger.h"

namespace support {

/// Shows the current state of the ledger.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_fake_billing(
    std::shared_ptr<MemoryLedger> memory);

}  // namespace support
