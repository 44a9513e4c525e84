// Is a ledger whole?
#pragma once

#include <string>
#include <vector>

namespace storage {

/// Every fault found, one line each; empty: the ledger is whole. Checks the file (integrity_check,
/// foreign keys), that the schema is that of the migrations, that each row fits what stands beside
/// it, that every kept answer has its recorded SHA-256 and, if `version` of the program recorded
/// it, says what the tables took from it (storage/sqlite/check/answer_check.h), that each task's
/// snapshots, replayed (core::fold), give its row, and that closed periods are as they were closed
/// (storage/sqlite/check/closing_check.h). Reads only; throws LedgerUnreadable.
[[nodiscard]] std::vector<std::string> check_ledger(const std::string& path,
                                                    const std::string& version);

/// What SQLite's quick_check says of the file; empty: it is sound. Reads only; throws
/// LedgerUnreadable.
[[nodiscard]] std::vector<std::string> check_ledger_file(const std::string& path);

}  // namespace storage
