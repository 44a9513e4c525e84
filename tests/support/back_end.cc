#include "tests/support/back_end.h"

#include <chrono>
#include <filesystem>
#include <utility>
#include <variant>

#include "storage/open_ledger.h"
#include "storage/postgres/postgres_ledger.h"
#include "storage/postgres/postgres_work_list.h"
#include "storage/postgres/server_upkeep.h"
#include "storage/sqlite/forgetting.h"
#include "storage/sqlite/maintenance.h"
#include "storage/sqlite/sqlite_ledger.h"
#include "storage/sqlite/task_store.h"
#include "tests/support/fake_billing_source.h"
#include "tests/support/fake_ledger.h"
#include "tests/support/fake_reader.h"
#include "tests/support/fake_work_list.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_dir.h"

namespace support {
namespace {

class FakeBackEnd final : public BackEnd {
 public:
  /// See FakeLedger.
  FakeBackEnd(std::size_t commit_lag, int page_lag)
      : commit_lag_(commit_lag), page_lag_(page_lag) {}

  std::unique_ptr<core::WorkList> open_work_list() override {
    return std::make_unique<FakeWorkList>(memory_, clock);
  }
  std::unique_ptr<core::Ledger> open_ledger(core::WorkList& /*work*/) override {
    auto ledger = std::make_unique<FakeLedger>(memory_);
    ledger->commit_lag = commit_lag_;
    ledger->page_lag = page_lag_;
    return ledger;
  }
  std::unique_ptr<core::LedgerReader> open_reader() override {
    return std::make_unique<FakeReader>(memory_);
  }
  std::unique_ptr<core::BillingSource> open_billing() override {
    return open_fake_billing(memory_);
  }
  void forget(const std::string& id) override { memory_->forget("default", id); }
  using BackEnd::prune;
  void prune(storage::PruneScope scope) override {
    memory_->prune(scope == storage::PruneScope::all);
  }

 private:
  std::size_t commit_lag_;
  int page_lag_;
  std::shared_ptr<MemoryLedger> memory_ = std::make_shared<MemoryLedger>();
};

// In memory where the system has such a folder: hundreds of ledgers are synced here.
std::filesystem::path fast_folder() {
  const std::filesystem::path memory("/dev/shm");
  return std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
}

class SqliteBackEnd final : public BackEnd {
 public:
  explicit SqliteBackEnd(std::string path) : path_(std::move(path)) { (void)open_work_list(); }
  SqliteBackEnd() : SqliteBackEnd(std::make_unique<TempDir>(fast_folder())) {}

  std::string ledger() const override { return path_; }
  std::unique_ptr<core::WorkList> open_work_list() override {
    return std::make_unique<storage::TaskStore>(path_, clock, false);
  }
  std::unique_ptr<core::Ledger> open_ledger(core::WorkList& work) override {
    return std::make_unique<storage::SqliteLedger>(dynamic_cast<storage::TaskStore&>(work), [] {});
  }
  std::unique_ptr<core::LedgerReader> open_reader() override {
    return storage::open_ledger_reader(path_);
  }
  std::unique_ptr<core::BillingSource> open_billing() override {
    return storage::open_billing_source(path_);
  }
  void forget(const std::string& id) override {
    const std::vector ids{std::get<core::TaskId>(core::TaskId::parse(id))};
    (void)storage::forget_tasks(path_, "default", ids, clock.utc());
  }
  using BackEnd::prune;
  void prune(storage::PruneScope scope) override {
    (void)storage::prune_ledger(path_, clock.utc() + std::chrono::hours(24 * 3650), scope);
  }

 private:
  explicit SqliteBackEnd(std::unique_ptr<TempDir> folder)
      : SqliteBackEnd(folder->path("ledger.db")) {
    folder_ = std::move(folder);
  }

  std::unique_ptr<TempDir> folder_;
  std::string path_;
};

class PostgresBackEnd final : public BackEnd {
 public:
  explicit PostgresBackEnd(const std::string& settings) : ledger_(settings) {}

  std::string ledger() const override { return ledger_.url(); }
  // Without a lease: whoever comes next takes the place at once, as on SQLite without its lock.
  std::unique_ptr<core::WorkList> open_work_list() override {
    return std::make_unique<storage::PostgresWorkList>(
        storage::LedgerUrl(ledger_.url()), clock,
        storage::RunnerTerms{.lease = std::chrono::milliseconds(0), .heartbeat = false});
  }
  std::unique_ptr<core::Ledger> open_ledger(core::WorkList& work) override {
    return std::make_unique<storage::PostgresLedger>(dynamic_cast<storage::PostgresWorkList&>(work),
                                                     [] {});
  }
  std::unique_ptr<core::LedgerReader> open_reader() override {
    return storage::open_ledger_reader(ledger_.url());
  }
  std::unique_ptr<core::BillingSource> open_billing() override {
    return storage::open_billing_source(ledger_.url());
  }
  void forget(const std::string& id) override {
    const std::vector ids{std::get<core::TaskId>(core::TaskId::parse(id))};
    const storage::LedgerUrl url(ledger_.url());
    (void)storage::forget_tasks(url, "default", ids, clock.utc());
  }
  using BackEnd::prune;
  void prune(storage::PruneScope scope) override {
    (void)storage::prune_ledger(storage::LedgerUrl(ledger_.url()),
                                clock.utc() + std::chrono::hours(24 * 3650), scope);
  }

 private:
  LentLedger ledger_;
};

template <typename Made, typename... Arguments>
BackEndMaker maker(const char* name, Arguments... arguments) {
  return {name, [=] { return std::make_unique<Made>(arguments...); }};
}

}  // namespace

const std::vector<BackEndMaker>& back_ends() {
  constexpr std::size_t kCommitLag = 1000;
  constexpr int kPageLag = 1;
  static const std::vector<BackEndMaker> all{
      maker<FakeBackEnd>("fake", std::size_t{0}, 0),
      maker<FakeBackEnd>("lagging_fake", kCommitLag, kPageLag),
      maker<SqliteBackEnd>("sqlite"),
      maker<PostgresBackEnd>("postgres", ""),
      maker<PostgresBackEnd>("postgres_serializable",
                             "default_transaction_isolation = serializable"),
  };
  return all;
}

std::unique_ptr<BackEnd> sqlite_back_end(const std::string& path) {
  return std::make_unique<SqliteBackEnd>(path);
}

}  // namespace support
