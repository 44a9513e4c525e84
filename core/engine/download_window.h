// The videos that a run has taken from the ledger and not settled yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/engine/link_attempts.h"
#include "core/engine/run_context.h"
#include "core/ledger/ledger.h"

namespace core {

/// A video of the window.
struct HeldVideo {
  enum class Phase {
    waiting,     ///< until `due`
    in_flight,   ///< the transport downloads it
    rechecking,  ///< its task is being queried for a fresh link
    rechecked,   ///< there is a fresh link, usable once `usable` is committed
  };

  explicit HeldVideo(WantedVideo wanted, SteadyTime due_from);

  WantedVideo video;
  LinkAttempts attempts;
  Phase phase = Phase::waiting;
  int retries = 0;
  bool asked_again = false;
  SteadyTime due;
  Ticket usable = 0;
};

/// A bounded part of the ledger's list of wanted videos. The engine's thread.
class DownloadWindow {
 public:
  /// The maximum number of held videos, including those waiting for a retry.
  static constexpr std::size_t kSize = 256;
  /// Set in tokens of videos, not in tokens of queries.
  static constexpr std::uint64_t kTokenBit = std::uint64_t{1} << 63U;

  explicit DownloadWindow(const RunContext& run) : run_(run) {}

  /// Takes videos from the ledger if it may have more: those of successes up to `last_success` once
  /// they are committed.
  void fill(Ticket last_success);
  /// Whether no video is held, and the ledger was read after `last_success` was committed.
  [[nodiscard]] bool is_exhausted(Ticket last_success) const;

  /// `token` must belong to a held video.
  [[nodiscard]] HeldVideo& at(std::uint64_t token);
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  /// The videos that may start now, in order of expiry.
  [[nodiscard]] std::vector<std::uint64_t> startable() const;
  /// When the next waiting video may start; max if none waits.
  [[nodiscard]] SteadyTime next_due() const;
  /// Calls `visit` for each video that the transport downloads or publishes.
  void each_in_flight(
      const std::function<void(std::uint64_t token, const WantedVideo& video)>& visit) const;
  /// The earliest expiry of the held links; none if no link has one.
  [[nodiscard]] std::optional<UtcTime> soonest_expiry() const;

  /// Records the result of a video. The video is not taken again until the ledger shows the record.
  Ticket record(VideoEntry entry);
  /// Removes a recorded video from the window.
  void release(std::uint64_t token);

 private:
  using Key = std::pair<TaskKey, int>;

  void take(std::vector<WantedVideo>&& wanted, Ticket committed);
  /// How often videos came onto the list in another way than by this run's answers.
  [[nodiscard]] std::uint64_t arrivals() const;

  const RunContext run_;
  std::map<Key, Ticket> settling_;  // recorded, but the ledger may not show it yet
  std::map<std::uint64_t, HeldVideo> held_;
  std::uint64_t next_token_ = kTokenBit;
  std::optional<Ticket> page_asked_;  // the ticket committed at the request; none: no request
  bool filled_once_ = false;
  bool more_ = false;                 // the last page was full
  Ticket paged_ = 0;                  // the ticket committed when the last page was requested
  std::uint64_t paged_arrivals_ = 0;  // at that time
};

}  // namespace core
