// The result of a run: its failures, the failed rows, the summary and the exit code.
#pragma once

#include <iosfwd>
#include <memory>
#include <mutex>
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

/// Collects results during the run, then decides the exit code and informs the user. One thread;
/// while the engine works, another may add rejected rows.
class RunOutcome {
 public:
  /// `out` receives the summary of --json.
  RunOutcome(const Settings& settings, Log& log, std::ostream& out)
      : settings_(settings), log_(log), out_(out) {}

  /// Takes the names by TaskRecord::account, and begins the file of --failed-out. Throws
  /// core::UsageError if it cannot be created.
  void open_failed_rows(const std::vector<std::string>& account_names);

  void add(const core::RejectedRow& row);
  /// Logs the notice at the level of its kind, and keeps it if it is a failure.
  void add(const core::Notice& notice);
  /// Adds a task or video that was still queued when the run stopped, and has had no notice.
  void add_left_over(const core::LeftOver& left);
  /// Whether unfinished tasks are listed anywhere. Videos are always named.
  [[nodiscard]] bool lists_tasks() const { return failed_rows_ != nullptr; }

  /// The numbers of the run; every part adds its own.
  [[nodiscard]] Summary& summary() { return summary_; }
  void count_rows(const InputCounts& counts);
  void count_tasks(const core::RunTotals& totals);

  /// Sets the exit code, once everything is counted.
  void decide(const ExitFacts& facts);
  /// Logs the error and makes the exit code 1 (fatal), unless it is a more specific one.
  void fail(const std::string& why);
  /// Completes the file of --failed-out; if that fails, the run has failed.
  void publish_failed_rows();
  /// Logs the failures, the summary, and finally the reason why the run ended.
  void tell();

 private:
  void log(const core::Notice& notice);
  [[nodiscard]] std::string account_name(int account) const;
  [[nodiscard]] bool tells_on_a_terminal() const;
  void tell_on_a_terminal();
  void tell_summary(bool failed);
  [[nodiscard]] std::string why_it_ended() const;

  const Settings& settings_;
  Log& log_;
  std::ostream& out_;
  std::mutex rows_mutex_;
  std::unique_ptr<FailedRows> failed_rows_;  // null: not requested; its rows under rows_mutex_
  std::vector<std::string> account_names_;   // by TaskRecord::account
  FailureList failures_;
  Summary summary_;
  ExitFacts facts_;
  std::uint64_t rows_told_before_ = 0;
  bool told_before_ = false;  // an earlier run has already reported every problem
};

}  // namespace cmd
