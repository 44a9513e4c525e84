// One run from the lock to the summary: open the ledger, import, drive the engine, end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/settings.h"
#include "cmd/os/interrupt.h"
#include "cmd/os/log.h"
#include "cmd/report/budgets.h"
#include "cmd/run/end_program.h"
#include "cmd/run/list_pass.h"
#include "cmd/run/monitor_calls.h"
#include "cmd/run/run_import.h"
#include "cmd/run/run_inputs.h"
#include "cmd/run/run_ledger.h"
#include "cmd/run/run_outcome.h"
#include "cmd/run/run_output.h"
#include "cmd/run/video_hooks.h"
#include "core/clock.h"
#include "core/http/curl_transport.h"
#include "core/video/file_name.h"

namespace cmd {

/// Must be created before any other thread, because it takes over the signals (see Interrupt). The
/// main thread.
class RunSession {
 public:
  /// What is told of the beginning and the end.
  struct Listeners {
    MonitorCalls& monitor;
    const EndProgram& end_program;
  };
  RunSession(const Settings& settings, Log& log, RunInputs& inputs, Listeners listeners,
             RunOutcome& outcome);

  /// Returns the exit code. Throws what `run` throws, after the monitors were informed.
  ExitCode execute();

 private:
  ExitCode execute_monitored();
  ExitCode execute_held(RunLedger& ledger);
  [[nodiscard]] core::RunStart start() const;
  ExitCode execute_with_ledger(RunLedger& ledger, core::TransportSettings transport);
  void work(RunLedger& ledger, core::TransportSettings transport);
  void warn_of_accounts(const RunLedger& ledger);
  [[nodiscard]] core::RunResult drive(RunLedger& ledger, RunImport& import,
                                      core::TransportSettings transport);
  void finish_hooks(VideoHooks& hooks, const RunLedger& ledger);
  void decide(core::WorkList& work_list, const core::RunResult& result, bool input_cut);
  void write_monitor_files(const RunLedger& ledger, std::vector<BudgetState> budgets = {});
  [[nodiscard]] double seconds_so_far() const;

  const Settings& settings_;
  Log& log_;
  RunInputs& inputs_;
  Listeners listeners_;
  RunOutcome& outcome_;
  std::vector<std::string> account_names_;  // by TaskRecord::account
  Interrupt interrupt_;
  core::SystemClock clock_;
  const core::SteadyTime begin_ = clock_.steady();
  std::optional<core::SteadyTime> deadline_;  // starts when the ledger is locked
  std::optional<ListPass> lists_;             // of --by-list
  RunOutput output_{settings_, interrupt_};
  VideoHookSettings hook_settings_;
  std::shared_ptr<core::NameTemplate> names_;
};

}  // namespace cmd
