// A ledger copied from one back end to another, with the same numbers and bytes.
#pragma once

#include <string>

#include "core/clock.h"
#include "storage/statements/table_copy.h"

namespace storage {

/// Copies one state of the ledger `from` to `to`, each a file or a PostgreSQL URL, also while runs
/// write to `from`. All of it is there or nothing. Throws LedgerUnreadable unless `from` is a
/// ledger of this program's schema, core::UsageError when `to` is not empty, core::Error else.
void copy_ledger(const std::string& from, const std::string& to, core::UtcTime now,
                 const CopyProgress& progress);

}  // namespace storage
