// A PostgreSQL server for tests: one to a process, started when it is first needed.
#pragma once

#include <string>

namespace support {

/// Why there is no server to test with, for GTEST_SKIP; empty: there is one. Starts it.
[[nodiscard]] const std::string& postgres_missing();

/// The URL of a new, empty database; `settings` are those of the database, as
/// "default_transaction_isolation = serializable". Throws std::runtime_error.
[[nodiscard]] std::string make_postgres_database(const std::string& settings = {});

}  // namespace support
