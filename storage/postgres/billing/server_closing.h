// Closing a billing period on PostgreSQL: its lines are frozen in one transaction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/postgres/shared_snapshot.h"

namespace storage {

/// As core::BillingSource::close. Runs may record meanwhile: the period is closed as `snapshot`
/// sees the ledger, and what is answered later comes into a later period. `closed`: the periods
/// that were closed before. Throws core::Error also when another one is closed meanwhile.
[[nodiscard]] std::unique_ptr<core::PeriodWriter> begin_server_closing(
    const LedgerUrl& url, SnapshotRows& snapshot, const std::vector<core::ClosedPeriod>& closed,
    const core::ClosedPeriod& period, core::UtcTime now);

/// As core::BillingSource::reprice.
void record_server_repricing(const LedgerUrl& url, const core::ClosedPeriod& closed,
                             const std::string& prices, core::UtcTime now);

/// See core::BillingSource::keep_signature.
void record_server_signature(const LedgerUrl& url, const core::ClosedPeriod& closed,
                             const std::string& signature, core::UtcTime now);

/// See core::BillingSource::keep_bundle.
void record_server_bundle(const LedgerUrl& url, const core::ClosedPeriod& closed,
                          const std::string& sha256, core::UtcTime now);

}  // namespace storage
