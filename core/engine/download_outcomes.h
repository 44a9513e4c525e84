// What each outcome of a download leads to: a record, another try, or a fresh link.
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

/// The deciding half of the download lane. The engine's thread.
class DownloadOutcomes {
 public:
  /// Called for each video that is published, with the ticket of its record: what must not act on a
  /// video that the ledger does not know waits until that is committed. Cheap.
  using Published = std::function<void(const WantedVideo&, const SavedFile&, Ticket)>;
  /// Removes what earlier tries left of a video that nobody will fetch any more.
  using Discard = std::function<void(const WantedVideo&)>;

  DownloadOutcomes(const RunContext& run, DownloadWindow& window, Discard discard)
      : run_(run), window_(window), discard_(std::move(discard)), random_(run.plan.seed + 1) {}

  void on_published(Published published) { published_ = std::move(published); }

  void saved(std::uint64_t token, const SavedFile& file);
  /// Returns the task that must be asked for a fresh link; none: that is not needed.
  [[nodiscard]] std::optional<TaskRecord> failed(std::uint64_t token, FetchFailure failure);
  /// For a video whose link cannot be read again.
  [[nodiscard]] TaskRecord without_link(std::uint64_t token);
  /// `link`: the fresh one; null: the gateway has no other. Not answered: it could not be asked.
  void rechecked(std::uint64_t token, bool answered, const VideoLink* link, Ticket ticket);
  /// What the ledger could not record of a video, which stays wanted.
  void unrecorded(const Unrecorded& unrecorded, const VideoEntry& entry) const;

  /// Stops the downloads because something other than a failure, such as too little free space,
  /// hinders them.
  void hinder(const std::string& why);
  /// Nothing more is fetched: the store failed, or downloads are hindered.
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] bool hindered() const { return hindered_; }
  /// Why the store failed; empty: it did not.
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
