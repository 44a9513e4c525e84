// The consequence of each download's outcome: a record, a retry, or a query for a fresh link.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"
#include "core/engine/download_window.h"
#include "core/engine/run_context.h"
#include "core/ledger/ledger.h"

namespace core {

/// The decisions of the download lane. The engine's thread.
class DownloadOutcomes {
 public:
  /// Called for each published video, with the ticket of its record. Actions that require the video
  /// to be recorded must wait until this is committed. Must return quickly.
  using Published = std::function<void(const WantedVideo&, const SavedFile&, Ticket)>;
  /// Removes the remains of earlier attempts for a video that will not be downloaded any more.
  using Discard = std::function<void(const WantedVideo&)>;

  DownloadOutcomes(const RunContext& run, DownloadWindow& window, Discard discard)
      : run_(run), window_(window), discard_(std::move(discard)), random_(run.plan.seed + 1) {}

  void on_published(Published published) { published_ = std::move(published); }

  void saved(std::uint64_t token, const SavedFile& file);
  /// Returns the task that must be queried for a fresh link; none if that is not necessary.
  [[nodiscard]] std::optional<TaskRecord> failed(std::uint64_t token, FetchFailure failure);
  /// For a video whose link cannot be read again.
  [[nodiscard]] TaskRecord without_link(std::uint64_t token);
  /// `link`: the fresh one; null: the gateway has no other. Not `answered`: the query failed.
  void rechecked(std::uint64_t token, bool answered, const VideoLink* link, Ticket ticket);
  /// Handles a video that the ledger could not record; it stays wanted.
  void unrecorded(const Unrecorded& unrecorded, const VideoEntry& entry) const;

  /// Stops the downloads for a reason other than a failure, such as too little free space.
  void hinder(const std::string& why);
  /// No further downloads: the store failed, or downloads are hindered.
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] bool hindered() const { return hindered_; }
  /// Why the store failed; empty if it did not.
  [[nodiscard]] const std::string& disk_failure() const { return disk_failure_; }

 private:
  [[nodiscard]] bool try_another(HeldVideo& held);
  void give_up(std::uint64_t token);
  struct Ending {
    VideoState state = VideoState::wanted;
    std::string why;
    bool refused = false;  ///< by the server of a URL, in this run
  };
  void finish(std::uint64_t token, const Ending& ending);
  void stop(const std::string& why);
  void tell(Notice::Kind kind, const WantedVideo& video, const std::string& text) const;

  const RunContext run_;
  DownloadWindow& window_;
  Discard discard_;
  std::mt19937_64 random_;
  Published published_;
  bool stopped_ = false;
  bool hindered_ = false;
  std::string disk_failure_;
};

}  // namespace core
