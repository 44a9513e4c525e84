// How a run stands while it goes on: a block on a terminal, lines when asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "cmd/interrupt.h"
#include "cmd/log.h"
#include "cmd/progress.h"
#include "cmd/settings.h"
#include "core/clock.h"
#include "core/download_lane.h"
#include "core/run_plan.h"

namespace cmd {

/// Called by the engine at every turn of its loop, on its thread. While this lives the log keeps
/// clear of the block.
class LiveProgress {
 public:
  static constexpr std::chrono::milliseconds kRedraw{200};

  struct Sources {
    const core::RunTally& tally;
    std::function<std::int64_t()> bytes_received;
    const core::DownloadLane& downloads;
    std::uint64_t tasks = 0;  ///< to be asked about
  };

  LiveProgress(const Settings& settings, Log& log, Interrupt& interrupt, const core::Clock& clock,
               Sources sources);
  ~LiveProgress();
  LiveProgress(const LiveProgress&) = delete;
  LiveProgress& operator=(const LiveProgress&) = delete;

  void turn();
  /// How often `turn` should come at least; none: it shows nothing by itself.
  [[nodiscard]] std::optional<std::chrono::milliseconds> interval() const;

 private:
  [[nodiscard]] ProgressCounts counts();
  [[nodiscard]] std::size_t columns() const;

  const Settings& settings_;
  Log& log_;
  Interrupt& interrupt_;
  const core::Clock& clock_;
  Sources sources_;
  ProgressDrawer drawer_;
  SpeedMeter bytes_;
  SpeedMeter asked_;
  SpeedMeter fetched_;
  bool on_terminal_;
  std::optional<std::chrono::milliseconds> line_interval_;
  core::SteadyTime begin_;
  core::SteadyTime next_;
};

}  // namespace cmd
