// A PostgreSQL server for tests: one per process, started at first use.
#pragma once

#include <string>

namespace support {

/// Why there is no server to test with, for GTEST_SKIP; empty if there is one. Starts it.
[[nodiscard]] const std::string& postgres_missing();

/// The URL of a new, empty database; `settings`: database settings such as
/// "default_transaction_isolation = serializable". Throws std::runtime_error.
[[nodiscard]] std::string make_postgres_database(const std::string& settings = {});

}  // namespace support
