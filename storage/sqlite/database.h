// One SQLite connection to a ledger, with every setting that its safety rests on verified.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <memory>
#include <string>

namespace storage {

/// "Reel": marks a SQLite file as a ledger.
inline constexpr std::int64_t kApplicationId = 0x5265656C;

/// Opens a ledger to write, makes the file (0600) and its folder (0700) if need be. The caller
/// holds the lock (storage/sqlite/lock.h) and is the only writer. The schema is not touched.
/// Throws LedgerUnreadable for a file that is no ledger, or one of a newer program, which stays as
/// it is; core::Error else.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_for_writing(const std::string& path);

/// Closing this connection will not move the write-ahead log into the file: for a ledger that must
/// stay as it is.
void leave_log_at_close(SQLite::Database& database);

/// Moves the write-ahead log into the file, so that a copy of the file alone lacks nothing. False
/// when another program reads what the log holds, and goes on doing so.
[[nodiscard]] bool empty_log(SQLite::Database& database, const std::string& path);

/// Opens a ledger to read, at any time, also while a run writes, and also where nothing can be
/// written: then the file must not change meanwhile. Throws LedgerUnreadable when there is none, or
/// none that this version can read.
[[nodiscard]] std::unique_ptr<SQLite::Database> open_for_reading(const std::string& path);

/// Runs `body` and turns what SQLite throws into core::Error: what, on which ledger, why, what to
/// do.
template <typename Body>
decltype(auto) with_ledger_errors(const std::string& path, const char* doing, Body&& body);

/// Throws the core::Error (or LedgerUnreadable) that tells a person what SQLite's failure means.
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
