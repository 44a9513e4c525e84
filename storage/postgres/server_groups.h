// The tasks of a ledger on a server, counted by account and model.
#pragma once

#include <vector>

#include "core/ledger/ledger_reader.h"
#include "storage/postgres/server_rows.h"

namespace storage {

/// By account, then by model.
[[nodiscard]] std::vector<core::TaskGroup> server_groups(ServerRows& rows);

}  // namespace storage
