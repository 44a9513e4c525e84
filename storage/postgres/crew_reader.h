// The runs of a crew, read for people.
#pragma once

#include <string>
#include <vector>

#include "core/ledger/ledger_reader.h"
#include "storage/postgres/connection.h"

namespace storage {

/// As core::LedgerReader::crew, within the caller's transaction.
[[nodiscard]] std::vector<core::CrewRun> crew_runs(Connection& connection, const std::string& name);

}  // namespace storage
