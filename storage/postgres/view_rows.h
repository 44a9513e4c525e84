// Rows of the stable views, as SQLite writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ledger/ledger_reader.h"
#include "storage/postgres/connection.h"

namespace storage {

/// All rows of a statement in the dialect of no engine. Throws ServerError, ConnectionLost.
[[nodiscard]] std::vector<core::ViewRow> view_rows(Connection& connection, std::string_view text,
                                                   const Parameters& parameters);

/// A number as PostgreSQL writes it, as SQLite does: whole ones of 64 bits exact, others with 15
/// digits.
[[nodiscard]] std::string as_sqlite_writes(const std::string& number);

}  // namespace storage
