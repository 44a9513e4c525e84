// Videos that a person wants to be fetched again.
#pragma once

#include <string>
#include <vector>

#include "core/ledger/ledger_reader.h"

namespace storage {

/// As core::LedgerReader says, over a writing connection of its own: the caller holds the Lock.
/// Throws core::Error.
[[nodiscard]] core::Requeued want_again(const std::string& ledger,
                                        const std::vector<core::SavedVideo>& missing,
                                        core::UtcTime now);

}  // namespace storage
