// The videos that a run has taken from the ledger and not settled yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/engine/link_attempts.h"
#include "core/engine/run_context.h"
#include "core/ledger/ledger.h"

namespace core {

/// One of them.
struct HeldVideo {
  enum class Phase {
    waiting,     ///< until `due`
    in_flight,   ///< the transport fetches it
    rechecking,  ///< its task is asked for a fresh link
    rechecked,   ///< there is one, to be used once `usable` is committed
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
  /// Videos held at once, those waiting for a retry included.
  static constexpr std::size_t kSize = 256;
  /// Tokens of videos have this bit; those of queries have not.
  static constexpr std::uint64_t kTokenBit = std::uint64_t{1} << 63U;

  explicit DownloadWindow(const RunContext& run) : run_(run) {}

  /// Takes videos from the ledger if it may have more: those of successes up to `last_success` once
  /// they are committed.
  void fill(Ticket last_success);
  /// Whether nothing is held, and the ledger was asked since `last_success` was committed.
  [[nodiscard]] bool is_exhausted(Ticket last_success) const;

  /// `token` must be that of a held video.
  [[nodiscard]] HeldVideo& at(std::uint64_t token);
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  /// What may start now, the soonest expiry first.
  [[nodiscard]] std::vector<std::uint64_t> startable() const;
  /// When the next one may start that waits; max: none does.
  [[nodiscard]] SteadyTime next_due() const;
  /// When the first of their links expires; none: no link says.
  [[nodiscard]] std::optional<UtcTime> soonest_expiry() const;

  /// Records what became of a video. It is not taken again before the ledger shows the record.
  Ticket record(VideoEntry entry);
  /// Lets a recorded video go.
  void release(std::uint64_t token);

 private:
  using Key = std::pair<TaskKey, int>;

  void take(std::vector<WantedVideo>&& wanted, Ticket committed);

  const RunContext run_;
  std::map<Key, Ticket> settling_;  // recorded, but the ledger may not show it yet
  std::map<std::uint64_t, HeldVideo> held_;
  std::uint64_t next_token_ = kTokenBit;
  std::optional<Ticket> page_asked_;  // what was committed then; none: no page is on its way
  bool filled_once_ = false;
  bool more_ = false;  // the last page was full
  Ticket paged_ = 0;   // what was committed when the last page was asked for
};

}  // namespace core
