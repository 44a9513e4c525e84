// Closing a billing period in SQLite: its lines are frozen in one transaction.
#pragma once

#include <memory>
#include <string>

#include "core/billing/billing_source.h"

namespace storage {

/// See core::BillingSource::close. Throws core::Error also for a ledger with another schema.
[[nodiscard]] std::unique_ptr<core::PeriodWriter> begin_closing(const std::string& path,
                                                                const core::ClosedPeriod& period,
                                                                core::UtcTime now);

/// See core::BillingSource::reprice.
void record_repricing(const std::string& path, const core::ClosedPeriod& closed,
                      const std::string& prices, core::UtcTime now);

/// See core::BillingSource::keep_signature.
void record_signature(const std::string& path, const core::ClosedPeriod& closed,
                      const std::string& signature, core::UtcTime now);

/// See core::BillingSource::keep_bundle.
void record_bundle(const std::string& path, const core::ClosedPeriod& closed,
                   const std::string& sha256, core::UtcTime now);

}  // namespace storage
