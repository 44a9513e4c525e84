#include "storage/open_ledger.h"

#include <exception>
#include <thread>

#include "storage/ledger_error.h"
#include "storage/migration.h"
#include "storage/postgres/billing/postgres_billing_source.h"
#include "storage/postgres/ledger_url.h"
#include "storage/postgres/live_runs.h"
#include "storage/postgres/postgres_dashboard.h"
#include "storage/postgres/postgres_reader.h"
#include "storage/postgres/run_fence.h"
#include "storage/postgres/schema.h"
#include "storage/postgres/server_transaction.h"
#include "storage/sqlite/billing/sqlite_billing_source.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/sqlite_dashboard.h"
#include "storage/sqlite/sqlite_reader.h"

namespace storage {
namespace {

// A server that cannot be reached is a ledger that cannot be read; nested, for those that wait.
template <typename Open>
auto on_server(const std::string& ledger, Open open) {
  try {
    return open(LedgerUrl(ledger));
  } catch (const ConnectionLost& lost) {
    std::throw_with_nested(LedgerUnreadable(lost.what()));
  }
}

}  // namespace

std::unique_ptr<core::LedgerReader> open_ledger_reader(const std::string& ledger) {
  if (is_postgres_url(ledger)) {
    return on_server(ledger, [](const LedgerUrl& url) -> std::unique_ptr<core::LedgerReader> {
      return std::make_unique<PostgresReader>(url);
    });
  }
  return std::make_unique<SqliteReader>(ledger);
}

std::unique_ptr<core::BillingSource> open_billing_source(const std::string& ledger) {
  if (is_postgres_url(ledger)) {
    return on_server(ledger, [](const LedgerUrl& url) { return open_postgres_billing(url); });
  }
  return open_sqlite_billing(ledger);
}

std::unique_ptr<core::DashboardReader> open_dashboard(const std::string& ledger) {
  if (is_postgres_url(ledger)) {
    return on_server(ledger, [](const LedgerUrl& url) { return open_postgres_dashboard(url); });
  }
  return open_sqlite_dashboard(ledger);
}

std::string ledger_writer(const std::string& ledger) {
  if (is_postgres_url(ledger)) {
    return on_server(ledger, [](const LedgerUrl& url) {
      Connection connection(url);
      const ServerTransaction moment(connection, ServerTransaction::Kind::reading);
      const OpenRuns runs = open_runs(connection, RunnerTerms{}.lease);
      return runs.live.empty() ? std::string() : runs.live.front().name();
    });
  }
  return lock_holder(ledger);
}

LedgerHold::LedgerHold(const std::string& ledger, std::chrono::milliseconds wait) {
  if (!is_postgres_url(ledger)) {
    require_ledger(ledger);  // before the lock makes a file
    lock_ = std::make_unique<Lock>(ledger, wait);
    return;
  }
  constexpr std::chrono::milliseconds kPause{200};
  const auto until = std::chrono::steady_clock::now() + wait;
  while (true) {
    try {
      on_server(ledger, [](const LedgerUrl& url) {
        Connection connection(url);
        require_server_schema(connection, embedded_postgres_migrations());
        transact(connection, [&] { require_no_run(connection); });
      });
      return;
    } catch (const LedgerBusy&) {
      if (std::chrono::steady_clock::now() + kPause > until) {
        throw;
      }
    }
    std::this_thread::sleep_for(kPause);
  }
}

LedgerHold::~LedgerHold() = default;

std::string back_end_version() { return sqlite_version_text(); }

}  // namespace storage
