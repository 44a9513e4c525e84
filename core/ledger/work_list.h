// The seam between a run's command and the ledger: what a run is to work on, and what is left of
// it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/domain/task.h"

namespace core {

/// How a run begins.
struct RunStart {
  std::string version;
  std::string host;
  std::vector<std::string> inputs;
  std::vector<std::string> accounts;  ///< by the run's own index (TaskRecord::account)
  std::chrono::milliseconds stale_after{0};
};

/// Whether a recorded file is still there with its recorded size; none: files do not matter.
using OnDisk = std::function<bool(const std::string& path, std::int64_t bytes)>;

/// How the rows of lists are taken.
struct ImportRules {
  bool refresh = false;  ///< ask about finished tasks too
  bool relabel = false;  ///< a list's labels beat those that the ledger has
  OnDisk on_disk;
};

/// A value of a list that is not the ledger's.
struct LabelDifference {
  std::string task_id;
  std::string name;  ///< of the label; `model` for the column of that name
  std::string ledger_value;
  std::string list_value;
};

/// All of a run, the first ones by name.
struct LabelDifferences {
  static constexpr std::size_t kNamedMax = 3;
  std::uint64_t count = 0;
  std::vector<LabelDifference> named;
};

/// What became of the rows.
struct ImportOutcome {
  std::uint64_t duplicates = 0;  ///< of tasks that were on the work list already
  LabelDifferences label_differences;
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

/// The work of one run at a time: the ledger itself is the list, so a run that was killed goes on
/// when it is started again. One thread; not while a core::Ledger of the run lives. Every method
/// throws core::Error when the ledger fails, and keeps nothing of that call.
class WorkList {
 public:
  virtual ~WorkList() = default;

  /// Empties the work list of the run before. Returns the run's number.
  virtual std::int64_t begin_run(const RunStart& start) = 0;

  /// How the rows that follow are taken.
  virtual void begin_import(ImportRules rules) = 0;
  /// Takes a row, for the account (the run's own index) that it names, or that stands for rows that
  /// name none. Rows are kept in batches: they are on the list after `end_import`.
  virtual void add(const WantedTask& task, int account) = 0;
  /// Also of earlier imports of the run.
  virtual ImportOutcome end_import() = 0;

  /// Adds the account's pending tasks: unfinished ones that are not stale, those whose quota is not
  /// settled, and those that lack videos. Returns how many stale ones are left out.
  virtual std::uint64_t add_pending(int account) = 0;

  /// How many tasks on the list are to be asked about.
  [[nodiscard]] virtual std::uint64_t tasks_to_ask() = 0;
  /// How many videos of the tasks on the list are to be fetched, as far as is known by now.
  [[nodiscard]] virtual std::uint64_t videos_to_fetch() = 0;

  [[nodiscard]] virtual RunTotals totals() = 0;
  /// What this run did not come to: tasks that it has no answer about and never gave up, then, with
  /// `videos`, those videos that it neither fetched nor gave up.
  virtual void each_left(bool videos, const std::function<void(const LeftOver&)>& take) = 0;
  /// Throws core::Error when another run began since: two have met.
  virtual void require_newest_run() = 0;
  virtual void end_run(int exit_code, const std::string& summary_json) = 0;
};

}  // namespace core
