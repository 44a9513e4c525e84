// The loop of a run: admit, start what is due, wait, settle. See core/README.md, "The path of a
// task".
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/engine/download_lane.h"
#include "core/engine/query_lane.h"
#include "core/engine/run_plan.h"
#include "core/engine/transport.h"
#include "core/ledger/ledger.h"
#include "core/video/video_store.h"

namespace core {

/// Runs one plan to its end. One thread; other threads may only change `stop`.
class Engine {
 public:
  /// How long running work may continue after the first signal.
  static constexpr std::chrono::milliseconds kDrainTime{3'000};

  struct Dependencies {
    Ledger& ledger;
    Transport& transport;
    VideoStore& videos;  ///< used only if the plan has `download`
    const Clock& clock;
    /// 0: continue; 1: no new work, drain; 2 or more: stop at once. Whoever raises it must wake the
    /// transport.
    const std::atomic<int>& stop;
  };

  Engine(RunPlan plan, std::shared_ptr<const NameTemplate> names,
         std::vector<std::string> account_names, Dependencies dependencies, Notify notify);

  /// `observer` is called once per turn of the loop, for progress, on the engine's thread. It must
  /// return quickly. `at_least_every` limits the time between two turns.
  void on_turn(std::function<void()> observer,
               std::optional<std::chrono::milliseconds> at_least_every = std::nullopt) {
    observer_ = std::move(observer);
    turn_max_ = at_least_every.value_or(turn_max_);
  }
  /// See DownloadOutcomes::on_published; on the engine's thread.
  void on_published(DownloadOutcomes::Published published) {
    downloads_.on_published(std::move(published));
  }

  /// Before `run`: records these entries of one page of the gateway's list of tasks as answers
  /// about those tasks that the run still has to query, except tasks that it must query again all
  /// the same, because it waits for them. Returns how many; `run` waits until they are committed.
  /// Throws as `run`.
  [[nodiscard]] std::size_t take_listed(int account, std::vector<ListedAnswer>&& page) {
    return queries_.take_listed(account, std::move(page));
  }
  /// Returns when everything is recorded. Throws core::Error if the ledger or the event loop fails.
  [[nodiscard]] RunResult run();

  [[nodiscard]] const RunTally& tally() const { return tally_; }
  /// See GatewayHealth; on the engine's thread.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& in_vain() const {
    return queries_.in_vain();
  }
  /// For progress; on the engine's thread.
  [[nodiscard]] const DownloadLane& downloads() const { return downloads_; }

 private:
  [[nodiscard]] bool turn();
  [[nodiscard]] bool done();
  [[nodiscard]] SteadyTime next_event();
  void wait_and_settle(SteadyTime until);
  void drain(SteadyTime until);
  [[nodiscard]] bool is_ended();
  void handle_unrecorded();

  RunPlan plan_;
  Dependencies dependencies_;
  Notify notify_;
  RunTally tally_;
  QueryLane queries_;
  DownloadLane downloads_;
  std::function<void()> observer_;
  std::chrono::milliseconds turn_max_{60'000};
  SteadyTime deadline_ = SteadyTime::max();
  RunResult result_;
  std::vector<Completion> completions_;
};

}  // namespace core
