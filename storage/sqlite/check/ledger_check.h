// Checks whether a ledger is complete and consistent.
#pragma once

#include <string>
#include <vector>

namespace storage {

/// Returns every fault, one line each; empty if there is none. Checks the file (integrity_check,
/// foreign keys); that the schema is that of the migrations; that each row is consistent with
/// related rows; that every stored answer has its recorded SHA-256 and, if `version` of the program
/// recorded it, matches the tables (storage/sqlite/check/answer_check.h); that each task's
/// snapshots, replayed (core::fold), result in its row; and that closed periods are unchanged
/// (storage/sqlite/check/closing_check.h). Reads only; throws LedgerUnreadable.
[[nodiscard]] std::vector<std::string> check_ledger(const std::string& path,
                                                    const std::string& version);

/// The result of SQLite's quick_check of the file; empty if it is intact. Reads only; throws
/// LedgerUnreadable.
[[nodiscard]] std::vector<std::string> check_ledger_file(const std::string& path);

}  // namespace storage
