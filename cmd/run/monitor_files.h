// The files that monitors read after a run: --status-file and --metrics-file.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/metrics_file.h"
#include "cmd/run/summary.h"
#include "core/clock.h"
#include "storage/sqlite/ledger_file.h"

namespace cmd {

/// A file that cannot be written is an error in the log, and changes nothing about the run. One
/// thread.
class MonitorFiles {
 public:
  MonitorFiles(const Settings& settings, Log& log, const core::Clock& clock)
      : settings_(settings), log_(log), clock_(clock) {}

  struct State {
    std::string ledger;
    std::optional<storage::LedgerPlace> place;  ///< of a ledger that is a file, once the run began
    std::vector<BudgetState> budgets{};
  };
  /// Writes the requested files; nothing if the exit code means that there was no run.
  void write(const Summary& summary, const State& state);

 private:
  void write_file(GivenTextName option, const std::function<void(const std::string&)>& write);
  [[nodiscard]] std::optional<core::LedgerTotals> ledger_counts(const State& state) const;
  [[nodiscard]] std::vector<core::CrewRun> crew(const std::string& ledger) const;
  [[nodiscard]] Metrics run_metrics(const Summary& summary, const std::string& path) const;

  const Settings& settings_;
  Log& log_;
  const core::Clock& clock_;
};

}  // namespace cmd
