// The price books of closed periods, held against their lines.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>

namespace storage {

/// Whether each line that a price made has it in a book that ever ruled its closed period. Throws
/// core::UsageError for a book that cannot be read, SQLite::Exception.
[[nodiscard]] bool lines_have_their_prices(SQLite::Database& database, std::int64_t period);

}  // namespace storage
