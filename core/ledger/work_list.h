// The interface between the run command and the ledger: the run's work, and what is left of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"

namespace core {

/// What is recorded when a run begins.
struct RunStart {
  std::string version;
  std::string host;
  std::vector<std::string> inputs;
  std::vector<std::string> accounts;  ///< in the run's own order (TaskRecord::account)
  std::chrono::milliseconds stale_after{0};
};

/// Whether a recorded file still exists with its recorded size; none: files do not matter.
using OnDisk = std::function<bool(const std::string& path, std::int64_t bytes)>;

/// How the rows of lists are imported.
struct ImportRules {
  bool refresh = false;  ///< also query finished tasks
  bool relabel = false;  ///< a list's labels replace those in the ledger
  OnDisk on_disk;
};

/// A value in a list that differs from the ledger's.
struct LabelDifference {
  std::string task_id;
  std::string name;  ///< of the label; `model` for the column of that name
  std::string ledger_value;
  std::string list_value;
};

/// All differences of a run; the first ones in detail.
struct LabelDifferences {
  static constexpr std::size_t kNamedMax = 3;
  std::uint64_t count = 0;
  std::vector<LabelDifference> named;
};

/// The result of an import.
struct ImportOutcome {
  std::uint64_t duplicates = 0;        ///< rows whose task was on the work list already
  LabelDifferences label_differences;  ///< those of earlier imports of the run, too
};

/// The states of a run's tasks and of their videos.
struct RunTotals {
  std::uint64_t tasks = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t stale = 0;  ///< of the unfinished ones, at this time
  std::uint64_t missing = 0;
  std::uint64_t videos_wanted = 0;
  std::uint64_t videos_untried = 0;  ///< wanted ones that this run did not try
};

/// A task, or one of its videos, that a run did not reach.
struct LeftOver {
  int account = 0;  ///< the run's own index
  std::string task_id;
  int video = 0;  ///< 0: the task itself
};

/// The work of one run at a time. The ledger itself is the list, so a run that was killed continues
/// when it is started again. One thread; not while a core::Ledger of the run exists, unless the
/// back end says so. Every method throws core::Error if the ledger fails, and then stores nothing.
class WorkList {
 public:
  virtual ~WorkList() = default;

  /// Empties the work list of the previous run. Returns the run's number.
  virtual std::int64_t begin_run(const RunStart& start) = 0;

  /// Sets the rules for the following rows.
  virtual void begin_import(ImportRules rules) = 0;
  /// Adds a row. `account` (the run's own index) is the account that the row names, or the one for
  /// rows that name none. Rows are collected in batches: they are on the list after `end_import`.
  virtual void add(const WantedTask& task, int account) = 0;
  virtual ImportOutcome end_import() = 0;

  /// Adds the account's pending tasks: unfinished ones that are not stale, those whose quota is not
  /// settled, and those with missing videos. Returns how many stale tasks are left out.
  virtual std::uint64_t add_pending(int account) = 0;

  /// The number of tasks on the list that are to be queried.
  [[nodiscard]] virtual std::uint64_t tasks_to_ask() = 0;
  /// Of those, the account's that were not submitted before `since`, as far as known.
  [[nodiscard]] virtual std::uint64_t tasks_to_ask(int account, UtcTime since) = 0;
  /// The number of videos to be downloaded for the tasks on the list, as far as known.
  [[nodiscard]] virtual std::uint64_t videos_to_fetch() = 0;

  [[nodiscard]] virtual RunTotals totals() = 0;
  /// What this run did not reach: tasks without an answer that it did not give up, then, with
  /// `videos`, the videos that it neither downloaded nor gave up.
  virtual void each_left(bool videos, const std::function<void(const LeftOver&)>& take) = 0;
  /// Throws core::Error if another run has begun since: two runs use the ledger at once.
  virtual void require_newest_run() = 0;
  virtual void end_run(int exit_code, const std::string& summary_json) = 0;
};

}  // namespace core
