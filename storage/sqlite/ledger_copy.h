// SQLite ledgers as the source and the target of copies (storage/copy).
#pragma once

#include <functional>
#include <string>

#include "storage/statements/table_copy.h"

namespace storage {

/// Runs `copy` with what opens a new ledger at `target`. The file gets its name when it is
/// complete. Throws core::UsageError when `target` exists, core::Error when it cannot be written.
void copy_into_file(const std::string& target, const std::function<void(const OpenSink&)>& copy);

/// Copies one state of the ledger `path`. Throws LedgerUnreadable, core::Error.
void copy_out_of_file(const std::string& path, const OpenSink& open_sink,
                      const CopyProgress& progress);

}  // namespace storage
