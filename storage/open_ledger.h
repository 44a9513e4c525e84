// The only place, besides the run that opens a ledger for writing, that knows its back end.
#pragma once

#include <memory>
#include <string>

#include "core/billing/billing_source.h"
#include "core/ledger/ledger_reader.h"

namespace storage {

/// Opens a ledger for reading. Throws LedgerUnreadable if there is none that this version can read.
[[nodiscard]] std::unique_ptr<core::LedgerReader> open_ledger_reader(const std::string& path);

/// Opens a ledger for billing. Throws LedgerUnreadable if there is none that this version can read.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_billing_source(const std::string& path);

/// The version of the back end's library, for --version and `doctor`.
[[nodiscard]] std::string back_end_version();

}  // namespace storage
