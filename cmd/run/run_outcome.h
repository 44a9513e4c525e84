// What a run comes to: its troubles, the rows that failed, the summary and the exit code.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/failed_rows.h"
#include "cmd/run/run_inputs.h"
#include "cmd/run/summary.h"
#include "core/engine/run_plan.h"
#include "core/input/task_list.h"
#include "core/ledger/work_list.h"

namespace cmd {

/// Collects while the run goes on, then decides the exit code and tells the user. One thread.
class RunOutcome {
 public:
  /// `out`: where --json puts the summary.
  RunOutcome(const Settings& settings, Log& log, std::ostream& out)
      : settings_(settings), log_(log), out_(out) {}

  /// Begins the file of --failed-out. Throws core::UsageError when it cannot be made.
  void open_failed_rows(const std::vector<std::string>& account_names);

  void add(const core::RejectedRow& row);
  /// Logs the notice at the level of its kind, and keeps it if it is a failure.
  void add(const core::Notice& notice);
  /// A task or video that was still queued when the run stopped, of which no notice has come.
  void add_left_over(const core::LeftOver& left);
  /// Whether anybody reads of tasks that are left over. Videos are always named.
  [[nodiscard]] bool lists_tasks() const { return failed_rows_ != nullptr; }

  /// The numbers; who finds one puts it here.
  [[nodiscard]] Summary& summary() { return summary_; }
  void count_rows(const InputCounts& counts);
  void count_tasks(const core::RunTotals& totals);

  /// Sets the exit code, once all is counted.
  void decide(const ExitFacts& facts);
  /// Logs the error and makes the exit code 1 (fatal), unless it is a more specific one.
  void fail(const std::string& why);
  /// Without the file that --failed-out names the run has failed.
  void publish_failed_rows();
  /// Troubles, summary, and last the reason why the run ended.
  void tell();

 private:
  void log(const core::Notice& notice);
  void tell_summary(bool failed);
  [[nodiscard]] std::string why_it_ended() const;

  const Settings& settings_;
  Log& log_;
  std::ostream& out_;
  std::unique_ptr<FailedRows> failed_rows_;  // null: not asked for
  FailureList failures_;
  Summary summary_;
  ExitFacts facts_;
  std::uint64_t rows_told_before_ = 0;
  bool told_before_ = false;  // all that is wrong was told by an earlier run
};

}  // namespace cmd
