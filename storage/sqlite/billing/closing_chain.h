// The chain of closings: what was ever closed, beside the closed periods themselves.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "core/clock.h"

namespace storage {

/// What closed periods that share an instant with [begin, end) lack of what their closings say, a
/// line each: one that was taken away, or whose SHA-256 or bounds are others. Throws
/// SQLite::Exception.
[[nodiscard]] std::vector<std::string> lost_closings(SQLite::Database& database,
                                                     core::UtcTime begin, core::UtcTime end);

/// Closings that were deleted from the chain, and closed periods without a closing.
[[nodiscard]] std::vector<std::string> broken_links(SQLite::Database& database);

}  // namespace storage
