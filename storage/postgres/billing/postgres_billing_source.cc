#include "storage/postgres/billing/postgres_billing_source.h"

#include <cassert>
#include <cstddef>
#include <string>
#include <utility>

#include "storage/migration.h"
#include "storage/postgres/billing/server_closing.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/shared_snapshot.h"
#include "storage/statements/billing_reader.h"

namespace storage {
namespace {

// The failures of a server say themselves what they mean.
class ServerSnapshot {
 public:
  using Rows = SnapshotRows;

  explicit ServerSnapshot(const LedgerUrl& url) : shared_(url), rows_(shared_) {}

  [[nodiscard]] Rows& rows([[maybe_unused]] std::size_t reader) {
    assert(reader < readers());
    return rows_;  // each of its statements has a connection of its own
  }
  [[nodiscard]] static std::size_t readers() { return 2; }
  template <typename Body>
  decltype(auto) guard(Body&& body) const {
    return std::forward<Body>(body)();
  }

 private:
  SharedSnapshot shared_;
  SnapshotRows rows_;
};

class PostgresBillingSource final : public BillingReader<ServerSnapshot> {
 public:
  PostgresBillingSource(const LedgerUrl& url, std::unique_ptr<ServerSnapshot> snapshot,
                        SnapshotRows rows)
      : BillingReader(std::move(snapshot)), url_(url), rows_(rows) {}

  int schema_version() const override { return newest_of(embedded_postgres_migrations()); }
  std::unique_ptr<core::PeriodWriter> close(const core::ClosedPeriod& period,
                                            core::UtcTime now) override {
    return begin_server_closing(url_, rows_, closed_periods(), period, now);
  }
  void reprice(const core::ClosedPeriod& closed, const std::string& prices,
               core::UtcTime now) override {
    record_server_repricing(url_, closed, prices, now);
  }
  void keep_signature(const core::ClosedPeriod& closed, const std::string& signature,
                      core::UtcTime now) override {
    record_server_signature(url_, closed, signature, now);
  }
  void keep_bundle(const core::ClosedPeriod& closed, const std::string& sha256,
                   core::UtcTime now) override {
    record_server_bundle(url_, closed, sha256, now);
  }

 private:
  LedgerUrl url_;
  SnapshotRows rows_;
};

}  // namespace

std::unique_ptr<core::BillingSource> open_postgres_billing(const LedgerUrl& url) {
  {
    Connection connection(url);
    require_server_schema(connection, embedded_postgres_migrations());
  }
  auto snapshot = std::make_unique<ServerSnapshot>(url);
  const SnapshotRows rows = snapshot->rows(0);
  return std::make_unique<PostgresBillingSource>(url, std::move(snapshot), rows);
}

}  // namespace storage
