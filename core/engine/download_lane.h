// The downloads of a run: the videos soonest to expire first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/engine/download_outcomes.h"
#include "core/engine/download_window.h"
#include "core/engine/query_lane.h"
#include "core/engine/run_context.h"
#include "core/engine/transport.h"
#include "core/owner_thread.h"
#include "core/video/video_store.h"

namespace core {

/// Owned and driven by the engine, on its thread. The work list is the ledger: only what is
/// committed there is ever fetched.
class DownloadLane {
 public:
  /// The names of files, and of accounts by TaskRecord::account.
  struct Names {
    std::shared_ptr<const NameTemplate> name_template;
    std::vector<std::string> accounts;
  };

  DownloadLane(const RunContext& run, Names names, Transport& transport, VideoStore& videos);
  DownloadLane(const DownloadLane&) = delete;
  DownloadLane& operator=(const DownloadLane&) = delete;

  void on_published(DownloadOutcomes::Published published);

  /// Takes videos from the ledger (those of successes up to `last_success` once they are
  /// committed) and starts what is due. Hands over tasks that must be asked again first.
  void start_due(Ticket last_success, QueryLane& queries);
  /// Settles what could not even be started; to be called whenever the transport was waited for.
  void settle_unopened(QueryLane& queries);
  void settle(std::uint64_t token, const SavedFile& file);
  void settle(std::uint64_t token, FetchFailure failure, QueryLane& queries);
  void rechecked(const Recheck& recheck);
  /// What the ledger could not record of a video, which stays wanted.
  void hear_of(const Unrecorded& unrecorded, const VideoEntry& entry);

  [[nodiscard]] SteadyTime next_due() const;
  /// Whether nothing is held, and the ledger has been asked since `last_success` was committed.
  [[nodiscard]] bool idle(Ticket last_success) const;
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  /// Videos taken from the ledger and not settled yet, those in flight included.
  [[nodiscard]] const DownloadWindow& window() const { return window_; }
  [[nodiscard]] const DownloadOutcomes& outcomes() const { return outcomes_; }

 private:
  void start(std::uint64_t token, QueryLane& queries);
  [[nodiscard]] FilePlan plan_for(const WantedVideo& video) const;

  const RunContext run_;
  Names names_;
  Transport& transport_;
  VideoStore& videos_;
  DownloadWindow window_;
  DownloadOutcomes outcomes_;
  std::size_t in_flight_ = 0;
  // In flight as the engine counts, but the store refused them a sink.
  std::vector<std::pair<std::uint64_t, FetchFailure>> unopened_;
  OwnerThread owner_;
};

}  // namespace core
