// The main part of a run: the engine processes the ledger's work list over the network.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/cli/settings.h"
#include "cmd/os/interrupt.h"
#include "cmd/os/log.h"
#include "cmd/run/list_pass.h"
#include "cmd/run/live_progress.h"
#include "cmd/run/run_import.h"
#include "cmd/run/run_outcome.h"
#include "cmd/run/run_output.h"
#include "cmd/run/video_hooks.h"
#include "core/clock.h"
#include "core/engine/run_plan.h"
#include "core/http/curl_transport.h"
#include "core/video/file_name.h"
#include "storage/answers/run_work.h"

namespace cmd {

/// Connects ledger, transport, engine and progress for one run. The main thread.
class EngineRun {
 public:
  EngineRun(const Settings& settings, Log& log, Interrupt& interrupt, const core::Clock& clock,
            RunOutcome& outcome)
      : settings_(settings), log_(log), interrupt_(interrupt), clock_(clock), outcome_(outcome) {}

  struct Work {
    core::TransportSettings transport;
    const RunOutput& output;  ///< not open: no downloads
    std::shared_ptr<core::NameTemplate> names;
    std::vector<std::string> account_names;             ///< by TaskRecord::account
    std::optional<std::chrono::milliseconds> deadline;  ///< from now; none: no deadline
    ListPass* lists = nullptr;  ///< of --by-list; null: every task is queried
  };
  /// Imports the lists, and works on them. Returns when everything is recorded; the summary has the
  /// tally, also after an exception. Throws core::Error if the ledger or the event loop fails, and
  /// what the import throws before the first query.
  [[nodiscard]] core::RunResult drive(storage::RunWork& store, RunImport& import, Work work,
                                      VideoHooks& hooks);

 private:
  [[nodiscard]] core::RunPlan plan(const storage::RunWork& store, const Work& work) const;
  [[nodiscard]] static core::RunResult work_through(core::Engine& engine, ListPass* lists,
                                                    const RunImport& import,
                                                    LiveProgress& progress);
  void keep_tally(const core::Engine& engine, const ListPass* lists);
  [[nodiscard]] std::string what_hinders(const core::Engine& engine) const;
  void tell_saved(core::Ticket committed);

  const Settings& settings_;
  Log& log_;
  Interrupt& interrupt_;
  const core::Clock& clock_;
  RunOutcome& outcome_;
  struct SavedVideo {
    core::Ticket ticket;
    std::string line;
  };
  std::deque<SavedVideo> saved_;  // not reported yet
  std::string stopped_;           // what stopped the downloads or the run; else empty
};

}  // namespace cmd
