// A run's lease in a crew, and its part of the crew's rate.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "core/clock.h"

namespace core {

/// Other runs take over the work of a run whose lease has ended by the server's clock. This is the
/// owner's view of the same lease, by a clock that also counts while the machine sleeps. Pure; one
/// thread.
class Lease {
 public:
  explicit Lease(std::chrono::milliseconds length) : length_(length) {}

  /// A renewal that was requested at this time is done: the server began the lease no earlier.
  void renewed(SteadyTime requested) {
    if (!unbroken_since_ || (renewed_ && is_standstill(requested - *renewed_))) {
      unbroken_since_ = requested;
    }
    renewed_ = std::max(renewed_.value_or(requested), requested);
  }
  /// A renewal failed, or its outcome is unknown.
  void broken() { unbroken_since_.reset(); }

  /// Whether the work is still this run's, with a margin of a fifth: it may publish files.
  [[nodiscard]] bool is_surely_held(SteadyTime now) const {
    constexpr int kPercent = 80;
    return renewed_ && now - *renewed_ < length_ * kPercent / 100;
  }
  /// Whether this run may declare others lost. After an outage of the server all leases have ended:
  /// the first run that returns must give the others one lease's time to renew theirs.
  [[nodiscard]] bool may_declare_lost(SteadyTime now) const {
    return unbroken_since_ && renewed_ && !is_standstill(now - *renewed_) &&
           now - *unbroken_since_ >= length_;
  }

 private:
  // Whether the server may have been away in the meantime for so long that leases ended: this run
  // tried nothing, so it did not see it. A shorter outage leaves the others time to renew theirs.
  [[nodiscard]] bool is_standstill(SteadyTime::duration time) const { return time >= length_ / 2; }

  std::chrono::milliseconds length_;
  std::optional<SteadyTime> renewed_;
  std::optional<SteadyTime> unbroken_since_;
};

/// A run's place among those that share the crew's rate.
struct RateMember {
  std::int64_t members = 1;
  std::int64_t before = 0;  ///< members with lower numbers
  std::int64_t taken = 0;   ///< the sum of the others' present shares
};

/// The equal part of `rate`, in queries per second. Parts are whole numbers, so that the starts in
/// any second never exceed the rate.
[[nodiscard]] inline std::int64_t equal_share(std::int64_t rate, const RateMember& member) {
  return rate / member.members + (member.before < rate % member.members ? 1 : 0);
}
/// The part that the run may take now: others may not have left theirs yet.
[[nodiscard]] inline std::int64_t free_share(std::int64_t rate, const RateMember& member) {
  return std::clamp<std::int64_t>(rate - member.taken, 0, equal_share(rate, member));
}

/// How many of `free` tasks a run takes at once, at most a page: an equal part, where one more run
/// may join. Short lists are not split further: their ends would take longer than their tasks.
[[nodiscard]] inline std::int64_t fair_claim(std::int64_t page, std::int64_t free,
                                             std::int64_t members) {
  constexpr std::int64_t kLeast = 16;
  return std::min(page, std::max(kLeast, (free + members) / (members + 1)));
}

}  // namespace core
