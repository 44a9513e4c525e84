// The first part of a run: adds the rows of its inputs to the ledger's work list.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/progress_meter.h"
#include "cmd/run/run_inputs.h"
#include "cmd/run/run_outcome.h"
#include "core/input/task_list.h"
#include "core/ledger/work_list.h"
#include "storage/answers/run_work.h"
#include "storage/sqlite/rejection_memory.h"

namespace cmd {

/// Reads before the engine works, or beside it on a thread of its own. All methods belong to the
/// main thread.
class RunImport {
 public:
  /// `patience` ends the reading of inputs early; all must outlive this object.
  RunImport(const Settings& settings, Log& log, RunInputs& inputs, RunOutcome& outcome,
            const core::InputPatience& patience);

  /// When `read` is to be called. A pipe is read to its end before the first query, because the
  /// program that writes it may fail.
  [[nodiscard]] storage::ImportTime time(const storage::RunWork& work) const;
  /// Reads all inputs, and adds the tasks of --pending.
  void read(core::WorkList& work_list);
  /// The same on another thread, for a ledger opened with ImportTime::beside. It does not throw:
  /// see `failure`. `work` and `ledger` must outlive the thread, which is joined by the result.
  [[nodiscard]] std::jthread read_beside(storage::RunWork& work, storage::QueuedLedger& ledger);
  /// Tells the user what was noticed, when nothing of the run uses the ledger any more. Returns
  /// false if not all inputs were read: the rows read so far are on the work list.
  [[nodiscard]] bool finish();
  /// Why not all was read, although the run goes on; empty: all was, or `patience` ended it.
  [[nodiscard]] const std::string& failure() const { return failure_; }

  [[nodiscard]] const ProgressMeter::Totals& totals() const { return totals_; }
  /// For --by-list: the tasks that the list of an account may answer, by account.
  [[nodiscard]] const std::vector<std::uint64_t>& listable() const { return listable_; }

 private:
  void read_inputs(const RunInputs::Take& take);
  void end_early(const std::string& why);
  void tell_label_differences() const;

  const Settings& settings_;
  Log& log_;
  RunInputs& inputs_;
  RunOutcome& outcome_;
  std::optional<storage::RejectionMemory> rejections_;  // none: on a server each run reports them
  ProgressMeter::Totals totals_;
  std::vector<std::uint64_t> listable_;
  bool beside_ = false;
  // Of the thread that reads, until it has ended:
  core::ImportOutcome imported_;
  std::uint64_t stale_left_out_ = 0;
  bool complete_ = true;
  std::string failure_;
};

}  // namespace cmd
