#include "cmd/run/run_session.h"

#include <utility>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/shared_task_warnings.h"
#include "cmd/cli/units.h"
#include "cmd/cli/version.h"
#include "cmd/os/process.h"
#include "cmd/run/engine_run.h"
#include "cmd/run/monitor_files.h"
#include "cmd/run/run_import.h"
#include "cmd/run/run_settings.h"
#include "cmd/run/sidecar.h"
#include "core/error.h"
#include "storage/ledger_error.h"

namespace cmd {
namespace {

constexpr std::int64_t kLogBytesNoted = std::int64_t{256} << 20U;

// Names the tasks and videos that were still queued when the run stopped.
void name_left_over(core::WorkList& work_list, bool videos_count, RunOutcome& outcome) {
  const bool videos = outcome.summary().videos_left > 0 && videos_count;
  if (videos || outcome.lists_tasks()) {
    work_list.each_left(videos,
                        [&outcome](const core::LeftOver& left) { outcome.add_left_over(left); });
  }
}

// Checked last, before a success is reported: two runs at once may have done the same work.
void require_that_it_was_alone(RunLedger& ledger, RunOutcome& outcome) {
  try {
    ledger.require_alone();
  } catch (const core::Error& failure) {
    outcome.fail(failure.what());
  }
}

// What goes wrong here says nothing about the run, which is recorded by now.
std::vector<BudgetState> compare_budgets(const RunLedger& ledger, const Settings& settings,
                                         core::UtcTime now, Log& log) {
  std::vector<BudgetState> states;
  try {
    ledger.read_beside([&] { states = budget_states(settings, now); });
    for (const std::string& warning : budget_warnings(states)) {
      log.warning(warning);
    }
  } catch (const std::exception& failure) {
    log.warning(std::string("budgets cannot be compared: ") + failure.what());
  }
  return states;
}

void warn_of_large_log(RunLedger& ledger, Log& log) {
  if (const std::int64_t bytes = ledger.work().log_bytes(); bytes > kLogBytesNoted) {
    log.warning(
        "the write-ahead log " + ledger.name() + "-wal has grown to " + format_size(bytes) +
        ", because another program keeps reading the ledger; it is removed when that program "
        "ends");
  }
}

}  // namespace

RunSession::RunSession(const Settings& settings, Log& log, RunInputs& inputs, Listeners listeners,
                       RunOutcome& outcome)
    : settings_(settings), log_(log), inputs_(inputs), listeners_(listeners), outcome_(outcome) {
  for (const Account& account : inputs.accounts()) {
    account_names_.push_back(account.name);
  }
}

// The program of --on-end may use the ledger: it is called when the lock was released.
ExitCode RunSession::execute() {
  const auto tell_end = [this](ExitCode code) {
    outcome_.summary().exit_code = code;
    listeners_.end_program.call(outcome_.summary(), hook_settings_.environment,
                                interrupt_.descriptor(), interrupt_.signal() != 0);
  };
  try {
    const ExitCode code = execute_monitored();
    tell_end(code);
    return code;
  } catch (...) {
    tell_end(failure_of(std::current_exception()).exit_code);
    throw;
  }
}

ExitCode RunSession::execute_monitored() {
  // Released last: the monitor gets the end of this run before the start of the next one.
  RunLedger ledger(settings_, clock_, interrupt_);
  try {
    const ExitCode code = execute_held(ledger);
    listeners_.monitor.end(code, interrupt_.signal() != 0);
    return code;
  } catch (...) {
    Summary& summary = outcome_.summary();
    summary.exit_code = failure_of(std::current_exception()).exit_code;
    summary.seconds = seconds_so_far();
    write_monitor_files(ledger);
    listeners_.monitor.end(summary.exit_code, interrupt_.signal() != 0);
    throw;
  }
}

core::RunStart RunSession::start() const {
  return {.version = std::string(program_version()),
          .host = host_name(),
          .inputs = inputs_.names(),
          .accounts = account_names_,
          .stale_after = settings_.duration("stale-after")};
}

ExitCode RunSession::execute_held(RunLedger& ledger) {
  core::TransportSettings transport = transport_settings(settings_, inputs_.accounts());
  fit_to_open_files(transport, log_);
  transport.request_ids = log_.wants(LogLevel::request);
  outcome_.open_failed_rows(account_names_);
  hook_settings_ = hook_settings(settings_, transport);
  names_ = std::make_shared<core::NameTemplate>(settings_.text("name"));
  if (settings_.flag("by-list")) {
    lists_.emplace(settings_, log_, clock_, inputs_.accounts(), [this] {
      return interrupt_.level() != 0 || (deadline_ && clock_.steady() >= *deadline_);
    });
  }
  try {
    ledger.hold(start());
  } catch (const core::Stopped&) {
    return exit_code_of_signal(interrupt_.signal());
  }
  if (const auto deadline = settings_.given_duration("deadline")) {
    deadline_ = clock_.steady() + *deadline;
  }
  // Not earlier: if another run holds the ledger, the monitor would take this start for that run's.
  listeners_.monitor.start();
  return execute_with_ledger(ledger, std::move(transport));
}

ExitCode RunSession::execute_with_ledger(RunLedger& ledger, core::TransportSettings transport) {
  if (!settings_.flag("no-download")) {
    output_.open(transport);
  }
  outcome_.summary().run_id = ledger.begin();
  try {
    work(ledger, std::move(transport));
  } catch (const storage::LedgerUnreadable& failure) {
    if (ledger.place()) {
      ledger.place()->require_unmoved();
    }
    throw core::Error(std::string("the ledger changed during the run: ") + failure.what());
  }
  return outcome_.summary().exit_code;
}

void RunSession::work(RunLedger& ledger, core::TransportSettings transport) {
  const core::InputPatience patience{.stop = interrupt_.descriptor(),
                                     .until = deadline_.value_or(core::SteadyTime::max())};
  RunImport import(settings_, log_, inputs_, outcome_, patience);
  const core::RunResult result = drive(ledger, import, std::move(transport));
  const bool input_complete = import.finish();
  warn_of_accounts(ledger);
  decide(ledger.work(), result, !input_complete);
  if (!import.failure().empty()) {
    outcome_.fail(import.failure());
  }
  name_left_over(ledger.work(), !settings_.flag("no-download"), outcome_);
  outcome_.publish_failed_rows();
  require_that_it_was_alone(ledger, outcome_);
  const Summary& summary = outcome_.summary();
  ledger.work().end_run(exit_number(summary.exit_code), summary_json(summary));
  warn_of_large_log(ledger, log_);
  write_monitor_files(ledger, compare_budgets(ledger, settings_, clock_.utc(), log_));
  outcome_.tell();
}

// A server that is away just now costs the warning only.
void RunSession::warn_of_accounts(const RunLedger& ledger) {
  try {
    warn_of_shared_tasks(settings_, ledger.name(), core::SharedTaskScope::last_run,
                         [this](const std::string& text, const std::string& advice) {
                           log_.warning(text + "; " + advice);
                         });
  } catch (const core::Error& failure) {
    if (ledger.place()) {
      throw;
    }
    log_.warning(std::string("cannot look for tasks under two accounts: ") + failure.what());
  }
}

core::RunResult RunSession::drive(RunLedger& ledger, RunImport& import,
                                  core::TransportSettings transport) {
  if (output_.is_open()) {
    hook_settings_.videos = output_.videos(nullptr);
  }
  VideoHooks hooks(hook_settings_, log_);
  EngineRun::Work work{.transport = std::move(transport),
                       .output = output_,
                       .names = names_,
                       .account_names = account_names_,
                       .deadline = {},
                       .lists = lists_ ? &*lists_ : nullptr};
  if (deadline_) {
    work.deadline = std::chrono::floor<std::chrono::milliseconds>(*deadline_ - clock_.steady());
  }
  core::RunResult result = EngineRun(settings_, log_, interrupt_, clock_, outcome_)
                               .drive(ledger.work(), import, std::move(work), hooks);
  finish_hooks(hooks, ledger);
  return result;
}

// Everything is recorded by now. A signal ends hooks that still run.
void RunSession::finish_hooks(VideoHooks& hooks, const RunLedger& ledger) {
  interrupt_.wake_with([&hooks] { hooks.hurry(); });
  hooks.finish(interrupt_.level() != 0);
  interrupt_.wake_with({});
  std::size_t failures = hooks.failures();
  if (hook_settings_.sidecar && hook_settings_.videos && interrupt_.level() == 0) {
    ledger.read_beside(
        [&] { failures += write_missing_sidecars(ledger.name(), *hook_settings_.videos, log_); });
  }
  if (failures > 0) {
    outcome_.summary().tally.errors["hook"] += failures;
  }
}

void RunSession::decide(core::WorkList& work_list, const core::RunResult& result, bool input_cut) {
  outcome_.count_tasks(work_list.totals());
  outcome_.summary().seconds = seconds_so_far();
  outcome_.count_rows(inputs_.counts());
  outcome_.decide({.signal = interrupt_.signal(),
                   .result = result,
                   .videos_count = !settings_.flag("no-download"),
                   .waits = settings_.flag("wait") || deadline_.has_value(),
                   .input_cut = input_cut});
}

void RunSession::write_monitor_files(const RunLedger& ledger, std::vector<BudgetState> budgets) {
  MonitorFiles(settings_, log_, clock_)
      .write(outcome_.summary(),
             {.ledger = ledger.name(), .place = ledger.place(), .budgets = std::move(budgets)});
}

double RunSession::seconds_so_far() const {
  return std::chrono::duration<double>(clock_.steady() - begin_).count();
}

}  // namespace cmd
