// The numbers of a run's progress: they cover the whole run, not only the tasks in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cmd/run/progress.h"
#include "core/clock.h"
#include "core/engine/download_lane.h"
#include "core/engine/run_plan.h"
#include "core/engine/transport.h"

namespace cmd {

/// Reads the counters of a run and measures how fast they grow. One thread.
class ProgressMeter {
 public:
  /// Of the whole run. Any thread: `known` last.
  struct Totals {
    std::atomic<std::uint64_t> tasks{0};   ///< to be queried
    std::atomic<std::uint64_t> videos{0};  ///< to be downloaded, as far as earlier runs found them
    std::atomic<bool> known{false};        ///< not while a list is imported
  };
  struct Sources {
    const core::RunTally& tally;
    std::function<std::int64_t()> bytes_received;  ///< of videos, including partial ones
    const core::DownloadLane& downloads;
    std::function<std::vector<core::DownloadProgress>()> in_flight;  ///< see Transport::downloads
    std::function<std::string()> note;  ///< what stops the run; empty: nothing does
    const Totals& totals;
    bool fetches = true;  ///< false: no videos are downloaded
    bool waits = false;   ///< for unfinished tasks, so the end cannot be estimated
  };

  ProgressMeter(const core::Clock& clock, Sources sources);

  /// Call it about once a second: it samples the counters. Cheap.
  void look();
  /// The current numbers.
  [[nodiscard]] ProgressCounts counts();

 private:
  /// What the transport said about a video; kept while it is checked.
  struct Transfer {
    void update(core::SteadyTime now, const core::DownloadProgress& state);

    SpeedMeter speed{};
    std::optional<std::int64_t> size{};
  };

  [[nodiscard]] bool fetches() const {
    return sources_.fetches && !sources_.downloads.outcomes().stopped();
  }
  void count_tasks(ProgressCounts& counts) const;
  void count_videos(ProgressCounts& counts) const;
  [[nodiscard]] double expected_videos(const ProgressCounts& counts) const;
  [[nodiscard]] std::vector<VideoProgress> videos();
  [[nodiscard]] std::optional<std::chrono::milliseconds> remaining(
      const ProgressCounts& counts) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> time_for_videos(
      const ProgressCounts& counts) const;

  const core::Clock& clock_;
  Sources sources_;
  core::SteadyTime begin_;
  SpeedMeter bytes_;
  std::map<std::uint64_t, Transfer> transfers_;  ///< of the videos under way, by token
  SpeedMeter asked_{SpeedMeter::kLongWindow};
  SpeedMeter fetched_{SpeedMeter::kLongWindow};
  SpeedMeter fetched_bytes_{SpeedMeter::kLongWindow};
};

}  // namespace cmd
