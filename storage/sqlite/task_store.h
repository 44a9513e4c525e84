// Everything that writes to a ledger, one transaction at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/ledger/ledger.h"
#include "storage/answers/import_batch.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/relabelling.h"

namespace storage {

/// How a run begins.
struct RunStart {
  std::string version;
  std::string host;
  std::vector<std::string> inputs;
  std::vector<std::string> accounts;  ///< by the run's own index (TaskRecord::account)
  std::chrono::milliseconds stale_after{0};
};

struct ImportRules {
  int account = 0;
  bool refresh = false;        ///< ask about finished tasks too
  bool account_named = false;  ///< each row said the account itself
  bool relabel = false;        ///< a list's labels beat those that the ledger has
  OnDisk on_disk;
};

/// States of a run's tasks, and of their videos.
struct RunTotals {
  std::uint64_t tasks = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t stale = 0;  ///< of the unfinished, by now
  std::uint64_t missing = 0;
  std::uint64_t videos_wanted = 0;
  std::uint64_t videos_untried = 0;  ///< of the wanted ones, by this run
};

/// A task, or one video of it, that a run did not come to.
struct LeftOver {
  int account = 0;  ///< the run's own index
  std::string task_id;
  int video = 0;  ///< 0: the task itself
};

/// The one writing connection of a ledger. The caller holds the Lock. Belongs to one thread at a
/// time: the main thread before and after the engine, the writer thread of SqliteLedger between.
/// Every method throws core::Error when the ledger fails, and nothing of that call is kept.
class TaskStore {
 public:
  /// Opens or makes the ledger, and brings its schema up to date (after a backup beside it unless
  /// `backup` is false). Throws LedgerUnreadable for a newer or foreign one.
  TaskStore(const std::string& path, const core::Clock& clock, bool backup);
  ~TaskStore();
  TaskStore(const TaskStore&) = delete;
  TaskStore& operator=(const TaskStore&) = delete;

  /// Empties the work list of the run before. Returns the run's number.
  std::int64_t begin_run(const RunStart& start);
  /// Adds rows to the work list, sorting them. Returns how many were on it already.
  std::uint64_t import(ImportBatch& batch, const ImportRules& rules);
  /// Where the lists imported so far said other labels than the ledger.
  [[nodiscard]] const LabelDifferences& label_differences() const;
  /// How many tasks on the work list are to be asked about.
  [[nodiscard]] std::uint64_t tasks_to_ask();
  /// How many videos of the tasks on the work list are to be fetched, as far as is known by now.
  [[nodiscard]] std::uint64_t videos_to_fetch();
  /// Adds the ledger's unfinished tasks that are not stale, tasks whose quota is not settled, and
  /// tasks that lack videos. Returns how many stale ones are left out.
  std::uint64_t add_pending(int account);

  /// One transaction; durable when this returns. Entries that could not be recorded, through no
  /// fault of the ledger, are moved into what is returned.
  std::vector<core::Unrecorded> write(std::span<core::Entry> entries);

  [[nodiscard]] RunTotals totals();
  /// What this run ended before: tasks that it has no answer about and never gave up, then, with
  /// `videos`, those videos that it neither fetched nor gave up.
  void each_left(bool videos, const std::function<void(const LeftOver&)>& take);
  /// Throws core::Error when another run began since: two have met.
  void require_newest_run();
  void end_run(int exit_code, const std::string& summary_json);
  /// Of the write-ahead log, which is emptied again and again unless somebody keeps reading.
  [[nodiscard]] std::int64_t log_bytes() const;

  /// What a reading connection needs of the run: its number, and the accounts by index.
  [[nodiscard]] std::int64_t run() const;
  [[nodiscard]] const std::vector<std::int64_t>& account_rows() const;
  [[nodiscard]] const std::string& path() const;
  /// Any thread.
  [[nodiscard]] const LedgerPlace& place() const;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace storage
