// The downloads of a run: the videos soonest to expire first, and what each outcome leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/engine/query_lane.h"
#include "core/engine/run_plan.h"
#include "core/engine/transport.h"
#include "core/ledger/ledger.h"
#include "core/video/video_store.h"

namespace core {

/// Owned and driven by the engine, on its thread. The work list is the ledger: only what is
/// committed there is ever fetched.
class DownloadLane {
 public:
  /// Videos taken from the ledger and not settled yet, those waiting for a retry included.
  static constexpr std::size_t kWindow = 256;
  /// Tokens of this lane have this bit; those of queries have not.
  static constexpr std::uint64_t kTokenBit = std::uint64_t{1} << 63U;

  DownloadLane(const RunPlan& plan, std::shared_ptr<const NameTemplate> names,
               std::vector<std::string> account_names, Ledger& ledger, Transport& transport,
               VideoStore& videos, const Clock& clock, RunTally& tally, const Notify& notify);

  /// Called for each video that is on disk, with the ticket of its record: what must not act on a
  /// video that the ledger does not know waits until that is committed. Cheap.
  using Published = std::function<void(const WantedVideo&, const SavedFile&, Ticket)>;
  void on_published(Published published) { published_ = std::move(published); }

  /// Takes videos from the ledger (those of successes up to `last_success` once they are
  /// committed) and starts what is due. Hands over tasks that must be asked again first.
  void start_due(Ticket last_success, QueryLane& queries);
  /// Settles what could not even be started; to be called whenever the transport was waited for.
  void settle_unopened(QueryLane& queries);
  void settle(std::uint64_t token, const SavedFile& file);
  void settle(std::uint64_t token, const FetchFailure& failure, QueryLane& queries);
  void rechecked(const Recheck& recheck);
  /// What the ledger could not record of a video, which stays wanted.
  void hear_of(const Unrecorded& unrecorded, const VideoEntry& entry);

  [[nodiscard]] SteadyTime next_due() const;
  /// Whether nothing is held, and the ledger has been asked since `last_success` was committed.
  [[nodiscard]] bool idle(Ticket last_success) const;
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  /// Videos taken from the ledger and not settled yet, those in flight included.
  [[nodiscard]] std::size_t held() const { return items_.size(); }
  /// When the first link of these dies; none: no link says.
  [[nodiscard]] std::optional<UtcTime> soonest_expiry() const;
  /// The output folder failed, or space ran short: nothing more is fetched.
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] const std::string& disk_failure() const { return disk_failure_; }
  [[nodiscard]] bool hindered() const { return hindered_; }

 private:
  enum class Phase { waiting, in_flight, rechecking, rechecked };
  struct Item {
    WantedVideo video;
    Phase phase = Phase::waiting;
    int failures = 0;
    bool asked_again = false;
    SteadyTime due{};
    Ticket usable = 0;          // a fresh link may be used once this is committed
    std::size_t candidate = 0;  // the URL whose turn it is
    std::vector<std::optional<FetchFailure>> heard;  // of each URL, the last that was heard
  };
  using Items = std::map<std::uint64_t, Item>;

  void page(Ticket last_success);
  Ticket append(VideoEntry entry);
  [[nodiscard]] std::vector<std::uint64_t> startable() const;
  void start(std::uint64_t token, Item& item, QueryLane& queries);
  [[nodiscard]] FilePlan file_of(const WantedVideo& video) const;
  [[nodiscard]] bool try_another(Item& item);
  [[nodiscard]] static bool was_refused(const Item& item);
  void conclude(Items::iterator item, QueryLane& queries);
  void ask_again(std::uint64_t token, Item& item, QueryLane& queries);
  void give_up(Items::iterator item);
  void retry(Item& item, const FetchFailure& failure);
  void tell_retry(const Item& item, const std::string& why) const;
  void finish(Items::iterator item, VideoState state, const std::string& why, bool refused);
  void stop(const std::string& why);

  const RunPlan& plan_;
  std::shared_ptr<const NameTemplate> names_;
  std::vector<std::string> account_names_;
  Ledger& ledger_;
  Transport& transport_;
  VideoStore& videos_;
  const Clock& clock_;
  RunTally& tally_;
  const Notify& notify_;
  std::mt19937_64 random_;
  Published published_;

  using VideoKey = std::pair<TaskKey, int>;
  // Settled, but the ledger may not show it yet: not to be taken again.
  std::map<VideoKey, Ticket> settling_;
  Items items_;  // by token, so in the order in which they came: soonest expiry first
  std::uint64_t next_token_ = kTokenBit;
  std::size_t in_flight_ = 0;
  // In flight as the engine counts, but the store refused them a sink.
  std::vector<std::pair<std::uint64_t, FetchFailure>> unopened_;
  bool paged_once_ = false;
  bool more_ = false;  // the last page was full
  Ticket paged_ = 0;   // what was committed when the ledger was last asked
  bool stopped_ = false;
  bool hindered_ = false;
  std::string disk_failure_;
};

}  // namespace core
