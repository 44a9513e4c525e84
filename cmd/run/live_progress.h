// Progress during a run: a block on a terminal, single lines on request.
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

/// The engine calls it in every turn of its loop, on its thread. While it exists, log lines do not
/// overwrite the block.
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
  /// The longest time between two calls of `turn`; none: nothing is shown without a request.
  [[nodiscard]] std::optional<std::chrono::milliseconds> interval() const;

 private:
  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] Screen screen() const;

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
