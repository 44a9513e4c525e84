#include "storage/sqlite/billing/sqlite_billing_source.h"

#include <cassert>
#include <cstddef>
#include <optional>
#include <utility>

#include "storage/sqlite/billing/closing.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/rows.h"
#include "storage/statements/billing_reader.h"

namespace storage {
namespace {

constexpr int kCacheKib = 16 * 1024;  // tasks are stored in another order than that of their end
constexpr const char* kReading = "read";

// Begins a transaction that sees the current state of the ledger.
void begin_reading(SQLite::Database& database) {
  database.exec("BEGIN");
  database.execAndGet("SELECT count(*) FROM period");
}

// Makes two connections, for two threads, see the same state of the ledger. No run may commit
// between their first reads; the second one's data_version shows this (sqlite.org/pragma.html).
// False if that was not possible: then only the first one reads.
bool begin_reading(SQLite::Database& first, SQLite::Database& second) {
  const auto version = [&second] { return second.execAndGet("PRAGMA data_version").getInt(); };
  constexpr int kTries = 3;
  for (int i = 1;; ++i) {
    const int before = version();
    begin_reading(first);
    begin_reading(second);
    if (version() == before) {
      return true;
    }
    second.exec("ROLLBACK");
    if (i == kTries) {
      return false;
    }
    first.exec("ROLLBACK");
  }
}

// One state of a ledger, on one or two connections.
class SqliteSnapshot {
 public:
  using Rows = SqliteRows;

  explicit SqliteSnapshot(const std::string& path);

  [[nodiscard]] Rows& rows(std::size_t reader) {
    assert(reader < readers());
    return reader == 0 ? rows_ : *twin_rows_;
  }
  [[nodiscard]] std::size_t readers() const { return twin_rows_ ? 2 : 1; }
  template <typename Body>
  decltype(auto) guard(Body&& body) const {
    return with_ledger_errors(path_, kReading, std::forward<Body>(body));
  }

 private:
  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<SQLite::Database> twin_;
  SqliteRows rows_;
  std::optional<SqliteRows> twin_rows_;  // none: runs commit all the time
};

SqliteSnapshot::SqliteSnapshot(const std::string& path)
    : path_(path),
      database_(open_for_reading(path)),
      twin_(open_for_reading(path)),
      rows_(*database_) {
  require_schema(*database_, path_, embedded_migrations());
  guard([&] {
    for (const auto& one : {database_.get(), twin_.get()}) {
      one->exec("PRAGMA cache_size = " + std::to_string(-kCacheKib));
    }
    // One transaction for all reads: rows, totals and counts belong to one state.
    if (begin_reading(*database_, *twin_)) {
      twin_rows_.emplace(*twin_);
    }
  });
}

class SqliteBillingSource final : public BillingReader<SqliteSnapshot> {
 public:
  explicit SqliteBillingSource(const std::string& path)
      : BillingReader(std::make_unique<SqliteSnapshot>(path)), path_(path) {}

  int schema_version() const override { return embedded_migrations().back().number; }
  std::unique_ptr<core::PeriodWriter> close(const core::ClosedPeriod& period,
                                            core::UtcTime now) override {
    return begin_closing(path_, period, now);
  }
  void reprice(const core::ClosedPeriod& closed, const std::string& prices,
               core::UtcTime now) override {
    record_repricing(path_, closed, prices, now);
  }
  void keep_signature(const core::ClosedPeriod& closed, const std::string& signature,
                      core::UtcTime now) override {
    record_signature(path_, closed, signature, now);
  }
  void keep_bundle(const core::ClosedPeriod& closed, const std::string& sha256,
                   core::UtcTime now) override {
    record_bundle(path_, closed, sha256, now);
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<core::BillingSource> open_sqlite_billing(const std::string& path) {
  return std::make_unique<SqliteBillingSource>(path);
}

}  // namespace storage
