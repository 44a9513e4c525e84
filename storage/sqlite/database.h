// A SQLite connection to a ledger, with every setting verified on which its safety depends.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <string>

namespace storage {

/// "Reel": marks a SQLite file as a ledger.
inline constexpr std::int64_t kApplicationId = 0x5265656C;

/// Opens a ledger for writing; creates the file (0600) and its folder (0700) if necessary. The
/// caller holds the lock (storage/sqlite/lock.h) and is the only writer. The schema is not changed.
/// Throws LedgerUnreadable for a file that is not a ledger, or a ledger of a newer program, which
/// is not changed; core::Error otherwise.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path);

/// Makes a ledger without tables of an empty file, which nobody else uses. Throws
/// SQLite::Exception.
void lay_out_ledger(const std::string& file);

/// From here on the connection does not look up the rows that its rows refer to: a run knows them,
/// since it has added or read them itself. Tests and `db check` look (PRAGMA foreign_key_check).
void trust_references(SQLite::Database& database, const std::string& path);

/// From here on the connection leaves the old bytes of a changed row in the free space of its page
/// until they are used again, as SQLite does unless Debian builds it: what a run changes is no
/// secret. `prune` and all other commands overwrite what they delete.
void leave_old_bytes(SQLite::Database& database, const std::string& path);

/// After this call, closing the connection does not move the write-ahead log into the file: for a
/// ledger that must not be changed.
void leave_log_at_close(SQLite::Database& database);

/// Moves the write-ahead log into the file, so that a copy of the file alone is complete. False if
/// another program keeps reading from the log.
[[nodiscard]] bool empty_log(SQLite::Database& database, const std::string& path);

/// Opens a ledger for reading, at any time, also during a run, and also on read-only media: then
/// the file must not change meanwhile. Throws LedgerUnreadable if there is none that this version
/// can read.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path);

/// Runs `body` and converts SQLite's exceptions into core::Error: what, on which ledger, why, what
/// to do.
template <typename Body>
decltype(auto) with_ledger_errors(const std::string& path, const char* doing, Body&& body);

/// Throws the core::Error (or LedgerUnreadable) that explains SQLite's failure to the user.
[[noreturn]] void throw_ledger_error(const std::string& path, const char* doing,
                                     const SQLite::Exception& failure);

template <typename Body>
decltype(auto) with_ledger_errors(const std::string& path, const char* doing, Body&& body) {
  try {
    return body();
  } catch (const SQLite::Exception& failure) {
    throw_ledger_error(path, doing, failure);
  }
}

}  // namespace storage
