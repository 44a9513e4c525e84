// Writes to a ledger during a run, one transaction at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger.h"
#include "core/ledger/work_list.h"
#include "storage/answers/recent_links.h"
#include "storage/answers/run_work.h"
#include "storage/sqlite/ledger_file.h"

namespace storage {

/// The one writing connection of a ledger. The caller holds the Lock. Belongs to one thread at a
/// time: the main thread before and after the engine, the writer thread of SqliteLedger between;
/// for an import beside it, that thread does what the methods called on another one say. Every
/// method throws core::Error when the ledger fails, and nothing of that call is kept.
class TaskStore final : public RunWork {
 public:
  /// Opens or creates the ledger, and upgrades its schema (after a backup beside it unless `backup`
  /// is false). Throws LedgerUnreadable for a newer ledger or a foreign file.
  TaskStore(const std::string& path, const core::Clock& clock, bool backup);
  ~TaskStore() override;
  TaskStore(const TaskStore&) = delete;
  TaskStore& operator=(const TaskStore&) = delete;

  std::int64_t begin_run(const core::RunStart& start) override;
  void begin_import(core::ImportRules rules) override;
  void add(const core::WantedTask& task, int account) override;
  core::ImportOutcome end_import() override;
  std::uint64_t add_pending(int account) override;
  [[nodiscard]] std::uint64_t tasks_to_ask() override;
  [[nodiscard]] std::uint64_t tasks_to_ask(int account, core::UtcTime since) override;
  [[nodiscard]] std::uint64_t videos_to_fetch() override;
  [[nodiscard]] core::RunTotals totals() override;
  void each_left(bool videos, const std::function<void(const core::LeftOver&)>& take) override;
  void require_newest_run() override;
  void end_run(int exit_code, const std::string& summary_json) override;
  [[nodiscard]] bool may_import_beside() const override { return true; }
  [[nodiscard]] std::unique_ptr<QueuedLedger> open_ledger(std::function<void()> wake,
                                                          ImportTime lists) override;

  /// One transaction; durable on return. Returns the entries that could not be recorded although
  /// the ledger works.
  std::vector<core::Unrecorded> write(std::span<core::Entry> entries);

  /// What a reading connection needs of the run: its number, and the accounts by index.
  [[nodiscard]] std::int64_t run() const override;
  [[nodiscard]] const std::vector<std::int64_t>& account_rows() const;
  [[nodiscard]] const std::string& path() const;
  /// Of the write-ahead log, which is emptied again and again unless somebody keeps reading.
  [[nodiscard]] std::int64_t log_bytes() const override;
  /// Any thread.
  [[nodiscard]] const LedgerPlace& place() const;
  /// Any thread.
  [[nodiscard]] RecentLinks& recent_links();
  /// Of all tasks in the ledger; 0: there are none.
  [[nodiscard]] core::TaskKey highest_key();
  /// The import is beside this ledger from here on; null: beside none.
  void import_beside(QueuedLedger* ledger);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace storage
