// Everything that writes to a ledger on PostgreSQL during a run, one transaction at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger.h"
#include "core/ledger/work_list.h"
#include "storage/answers/run_work.h"
#include "storage/postgres/run_fence.h"
#include "storage/postgres/server_entries.h"

namespace storage {

/// Belongs to one thread at a time: the main thread before and after the engine, the writer thread
/// of PostgresLedger between. Every method throws RunLost when another run took this one's place,
/// and core::Error when the ledger fails; nothing of that call is kept.
class PostgresWorkList final : public RunWork {
 public:
  /// Throws LedgerUnreadable unless the ledger is there and has this program's schema.
  PostgresWorkList(const LedgerUrl& url, const core::Clock& clock, RunnerTerms terms);
  /// Ends the signs of life.
  ~PostgresWorkList() override;
  PostgresWorkList(const PostgresWorkList&) = delete;
  PostgresWorkList& operator=(const PostgresWorkList&) = delete;

  /// Joins the crew that is at work, or empties the work list. Throws LedgerBusy while runs are at
  /// work that are not of this crew.
  std::int64_t begin_run(const core::RunStart& start) override;
  void begin_import(core::ImportRules rules) override;
  void add(const core::WantedTask& task, int account) override;
  core::ImportOutcome end_import() override;
  std::uint64_t add_pending(int account) override;
  [[nodiscard]] std::uint64_t tasks_to_ask() override;
  [[nodiscard]] std::uint64_t tasks_to_ask(int account, core::UtcTime since) override;
  [[nodiscard]] std::uint64_t videos_to_fetch() override;
  /// Of a crew's run: of the tasks that it holds.
  [[nodiscard]] core::RunTotals totals() override;
  void each_left(bool videos, const std::function<void(const core::LeftOver&)>& take) override;
  /// Throws RunLost.
  void require_newest_run() override;
  void end_run(int exit_code, const std::string& summary_json) override;
  [[nodiscard]] std::int64_t run() const override;
  [[nodiscard]] std::unique_ptr<QueuedLedger> open_ledger(std::function<void()> wake,
                                                          ImportTime lists) override;

  /// One transaction; durable when this returns. Entries that could not be recorded, through no
  /// fault of the ledger, are moved into what is returned.
  std::vector<core::Unrecorded> write(std::span<core::Entry> entries);

  [[nodiscard]] const LedgerUrl& url() const;
  [[nodiscard]] const std::vector<std::int64_t>& account_rows() const;
  /// Any thread.
  [[nodiscard]] RunFence& fence();
  [[nodiscard]] RecentLinks& recent_links();
  /// Any thread: returns once the lease is surely this run's for a while yet. Throws RunLost.
  void require_lease();
  /// The rate of core::CrewStanding; none: the run works alone. Any thread.
  [[nodiscard]] std::optional<core::CrewStanding> standing() const;
  /// As core::Ledger::tell_slow_down. Any thread.
  void tell_slow_down();

  /// Both called on a thread of its own.
  struct Listener {
    std::function<void(std::exception_ptr)> lost;  ///< this run is declared lost; once
    std::function<void()> changed;                 ///< `standing` changed
  };
  /// Any thread.
  void listen(Listener listener);

 private:
  struct Connected;
  std::unique_ptr<Connected> connected_;
};

}  // namespace storage
