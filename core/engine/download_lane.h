// The downloads of a run, in order of expiry.
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

/// Owned by the engine; used on its thread. The work list is the ledger: only videos that are
/// committed there are downloaded.
class DownloadLane {
 public:
  /// The file names, and the names of accounts by TaskRecord::account.
  struct Names {
    std::shared_ptr<const NameTemplate> name_template;
    std::vector<std::string> accounts;
  };

  DownloadLane(const RunContext& run, Names names, Transport& transport, VideoStore& videos);
  DownloadLane(const DownloadLane&) = delete;
  DownloadLane& operator=(const DownloadLane&) = delete;

  void on_published(DownloadOutcomes::Published published);

  /// Takes videos from the ledger (those of successes up to `last_success` once they are committed)
  /// and starts the due ones. Passes tasks that must be queried again first to `queries`.
  void start_due(Ticket last_success, QueryLane& queries);
  /// Settles downloads that could not be started; to be called after every wait of the transport.
  void settle_unopened(QueryLane& queries);
  void settle(std::uint64_t token, const SavedFile& file);
  void settle(std::uint64_t token, FetchFailure failure, QueryLane& queries);
  void rechecked(const Recheck& recheck);
  /// Handles a video that the ledger could not record; it stays wanted.
  void on_unrecorded(const Unrecorded& unrecorded, const VideoEntry& entry);

  [[nodiscard]] SteadyTime next_due() const;
  /// Whether no video is held, and the ledger was read after `last_success` was committed.
  [[nodiscard]] bool idle(Ticket last_success) const;
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  /// The videos taken from the ledger and not settled yet, including those in flight.
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
  // Counted as in flight by the engine, but the store refused to open a sink.
  std::vector<std::pair<std::uint64_t, FetchFailure>> unopened_;
  OwnerThread owner_;
};

}  // namespace core
