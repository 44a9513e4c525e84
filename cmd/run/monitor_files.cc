#include "cmd/run/monitor_files.h"

#include <exception>
#include <filesystem>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/version.h"
#include "core/files/atomic_file.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"

namespace cmd {

void MonitorFiles::write(const Summary& summary, const State& state) {
  const ExitCode code = summary.exit_code;
  if (code == ExitCode::no_ledger || code == ExitCode::ledger_busy ||
      (code == ExitCode::wrong_usage && summary.run_id == 0)) {
    return;
  }
  write_file("status-file", [&summary](const std::string& path) {
    core::write_atomically(path, summary_json(summary) + "\n", core::kReadableByAll);
  });
  if (code != ExitCode::wrong_usage) {
    write_file("metrics-file", [&](const std::string& path) {
      Metrics metrics = run_metrics(summary, path);
      metrics.ledger = ledger_counts(state);
      metrics.crew = crew(state.ledger);
      metrics.budgets = state.budgets;
      write_metrics_file(path, metrics);
    });
  }
}

void MonitorFiles::write_file(GivenTextName option,
                              const std::function<void(const std::string&)>& write) {
  const auto path = settings_.given_text(option);
  if (!path) {
    return;
  }
  try {
    write(*path);
  } catch (const std::exception& failure) {
    log_.error(option.dashed() + ": " + failure.what());
  }
}

// None if the ledger cannot be read, or another file has its path now: the end of the run says why.
std::optional<core::LedgerTotals> MonitorFiles::ledger_counts(const State& state) const {
  if (!state.place && !storage::is_postgres_url(state.ledger) &&
      !std::filesystem::exists(state.ledger)) {
    return core::LedgerTotals{};
  }
  if (state.place && !state.place->is_unmoved()) {
    return std::nullopt;
  }
  try {
    return storage::open_ledger_reader(state.ledger)->totals(clock_.utc());
  } catch (const std::exception& failure) {
    log_.error(std::string("--metrics-file lacks the ledger's counts: ") + failure.what());
    return std::nullopt;
  }
}

std::vector<core::CrewRun> MonitorFiles::crew(const std::string& ledger) const {
  const auto name = settings_.given_text("crew");
  if (!name) {
    return {};
  }
  try {
    return storage::open_ledger_reader(ledger)->crew(*name);
  } catch (const std::exception& failure) {
    log_.error(std::string("--metrics-file lacks the runs of the crew: ") + failure.what());
    return {};
  }
}

Metrics MonitorFiles::run_metrics(const Summary& summary, const std::string& path) const {
  Metrics metrics;
  metrics.version = program_version();
  metrics.last_run_end = clock_.utc();
  metrics.last_run_seconds = summary.seconds;
  metrics.last_run_exit_code = exit_number(summary.exit_code);
  metrics.last_run_requests = summary.tally.requests;
  metrics.last_run_retries = summary.tally.retries;
  metrics.last_run_rejected_rows = summary.rows_rejected;
  metrics.last_run_not_answered = summary.tally.not_answered;
  metrics.last_run_unrecognised = summary.tally.unrecognised;
  metrics.last_run_errors = summary.tally.errors;
  metrics.last_success = summary.exit_code == ExitCode::ok ? std::optional(metrics.last_run_end)
                                                           : last_success_of(path);
  return metrics;
}

}  // namespace cmd
