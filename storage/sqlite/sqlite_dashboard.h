// core::DashboardReader on SQLite.
#pragma once

#include <memory>
#include <string>

#include "core/ledger/dashboard_reader.h"

namespace storage {

/// Throws LedgerUnreadable if there is no ledger that this version can read.
[[nodiscard]] std::unique_ptr<core::DashboardReader> open_sqlite_dashboard(const std::string& path);

}  // namespace storage
