// `--metrics-file`: metrics for Prometheus' textfile collector.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/report/budgets.h"
#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

/// The values of the file. Counts of tasks and videos and the `_total` counters cover the whole
/// ledger, so they continue across runs; `last_…` are of the run that just ended. A metric without
/// a value is left out.
struct Metrics {
  std::string version;

  std::optional<core::LedgerTotals> ledger;
  std::vector<core::CrewRun> crew;  ///< of the run that ended, with others that work on
  std::vector<BudgetState> budgets;

  core::UtcTime last_run_end{};
  double last_run_seconds = 0;
  int last_run_exit_code = 0;
  std::uint64_t last_run_requests = 0;
  std::uint64_t last_run_retries = 0;
  std::uint64_t last_run_rejected_rows = 0;
  std::uint64_t last_run_not_answered = 0;
  std::uint64_t last_run_unrecognised = 0;
  std::map<std::string, std::uint64_t> last_run_errors;  ///< by kind
  std::optional<core::UtcTime> last_success;             ///< end of the last run with exit code 0
};

/// The text exposition format: every metric with HELP and TYPE, times as seconds since 1970.
[[nodiscard]] std::string metrics_text(const Metrics& metrics);

/// Writes that text to a file, atomically, readable by all users (node_exporter is another user).
/// Throws core::Error.
void write_metrics_file(const std::string& path, const Metrics& metrics);

/// The end of the last run with exit code 0, read from an earlier metrics file, to be kept if this
/// run failed. None if there is no such file or line.
[[nodiscard]] std::optional<core::UtcTime> last_success_of(const std::string& path);

}  // namespace cmd
