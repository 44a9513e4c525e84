// How a run stands while it goes on: a block on a terminal, lines when asked for.
#pragma once

#include <chrono>
#include <optional>

#include "cmd/cli/settings.h"
#include "cmd/os/interrupt.h"
#include "cmd/os/log.h"
#include "cmd/run/progress.h"
#include "cmd/run/progress_meter.h"
#include "core/clock.h"

namespace cmd {

/// Called by the engine at every turn of its loop, on its thread. While this lives the log keeps
/// clear of the block.
class LiveProgress {
 public:
  static constexpr std::chrono::milliseconds kRedraw{200};
  static constexpr std::chrono::seconds kLook{1};

  LiveProgress(const Settings& settings, Log& log, Interrupt& interrupt, const core::Clock& clock,
               ProgressMeter::Sources sources);
  ~LiveProgress();
  LiveProgress(const LiveProgress&) = delete;
  LiveProgress& operator=(const LiveProgress&) = delete;

  void turn();
  /// How often `turn` should come at least; none: it shows nothing by itself.
  [[nodiscard]] std::optional<std::chrono::milliseconds> interval() const;

 private:
  [[nodiscard]] std::size_t columns() const;

  const Settings& settings_;
  Log& log_;
  Interrupt& interrupt_;
  const core::Clock& clock_;
  ProgressMeter meter_;
  ProgressDrawer drawer_;
  bool on_terminal_;
  std::optional<std::chrono::milliseconds> line_interval_;
  core::SteadyTime next_;
  core::SteadyTime next_look_{};
};

}  // namespace cmd
