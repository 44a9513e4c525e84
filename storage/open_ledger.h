// The one place that knows which back end a ledger is on, beside the run that opens it to write.
#pragma once

#include <memory>
#include <string>

#include "core/billing/billing_source.h"
#include "core/ledger/ledger_reader.h"

namespace storage {

/// Opens a ledger to read. Throws LedgerUnreadable when there is none that this version can read.
[[nodiscard]] std::unique_ptr<core::LedgerReader> open_ledger_reader(const std::string& path);

/// Opens a ledger for billing. Throws LedgerUnreadable when there is no ledger that this version
/// can read.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_billing_source(const std::string& path);

/// Version of the back end's library, for --version and `doctor`.
[[nodiscard]] std::string back_end_version();

}  // namespace storage
