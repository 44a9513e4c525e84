// A PostgreSQL server for tests: one per process, started at first use.
#pragma once

#include <string>

namespace support {

/// Why there is no server to test with, for GTEST_SKIP; empty if there is one. Starts it.
[[nodiscard]] const std::string& postgres_missing();

/// The URL of a new, empty database; `settings`: database settings such as
/// "default_transaction_isolation = serializable". Throws std::runtime_error.
[[nodiscard]] std::string make_postgres_database(const std::string& settings = {});

/// A database with an empty ledger of this program's schema. To make one takes long, so it is used
/// again by the next one with the same settings.
class LentLedger {
 public:
  explicit LentLedger(std::string settings = {});
  ~LentLedger();
  LentLedger(const LentLedger&) = delete;
  LentLedger& operator=(const LentLedger&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::string settings_;
  std::string url_;
};

}  // namespace support
