// core::DashboardReader on PostgreSQL.
#pragma once

#include <memory>

#include "core/ledger/dashboard_reader.h"
#include "storage/postgres/ledger_url.h"

namespace storage {

/// Throws LedgerUnreadable when there is no ledger that this version can read, ConnectionLost.
[[nodiscard]] std::unique_ptr<core::DashboardReader> open_postgres_dashboard(const LedgerUrl& url);

}  // namespace storage
