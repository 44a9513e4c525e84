// A ledger in memory, as billing sees one.
#pragma once

#include <memory>

#include "core/billing/billing_source.h"
#include "tests/support/memory_ledger.h"

namespace support {

/// Sees the ledger as it is now.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_fake_billing(
    std::shared_ptr<MemoryLedger> memory);

}  // namespace support
