// Videos that are on disk according to the ledger, and those that runs have given up.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <string>
#include <vector>

#include "core/ledger/ledger_reader.h"

namespace storage {

/// See core::LedgerReader. Throw SQLite::Exception.
void each_saved_video(SQLite::Database& database,
                      const std::function<void(core::SavedVideo&&)>& take);
void describe(SQLite::Database& database, const std::vector<core::SavedVideo>& videos,
              const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take);
/// Uses its own writing connection: the caller holds the Lock. Throws core::Error.
[[nodiscard]] core::Requeued want_again(const std::string& ledger,
                                        const std::vector<core::SavedVideo>& missing,
                                        core::UtcTime now);

}  // namespace storage
