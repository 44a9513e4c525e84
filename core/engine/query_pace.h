// How many queries may run at once, and how fast they may start.
#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/clock.h"
#include "core/engine/rate_limiter.h"
#include "core/engine/run_plan.h"
#include "core/ledger/ledger.h"

namespace core {

/// The slots and the rate of the whole run. One thread.
class QueryPace {
 public:
  QueryPace(const RunPlan& plan, SteadyTime now)
      : slots_(static_cast<std::size_t>(plan.concurrency)), limiter_(plan.rate, now) {}

  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] bool has_slot() const { return in_flight_ < slots_; }
  /// When the rate allows the next start, regardless of free slots.
  [[nodiscard]] SteadyTime next_start(SteadyTime now) { return limiter_.next_start(now); }
  [[nodiscard]] bool may_start(SteadyTime now) { return has_slot() && next_start(now) <= now; }
  void started(SteadyTime now) {
    assert(has_slot());
    limiter_.started(now);
    ++in_flight_;
  }
  void ended() {
    assert(in_flight_ > 0);
    --in_flight_;
  }

  /// Keeps to this run's part of a crew's rate, and slows down when the gateway asked another run
  /// of the crew to.
  void follow(const CrewStanding& crew, SteadyTime now) {
    if (crew.rate_share) {
      if (!std::exchange(has_share_, true)) {
        limiter_.limit_to(0, now);  // the first share is a higher limit, too
      }
      limiter_.limit_to(*crew.rate_share, now);
    }
    if (std::exchange(crew_slow_downs_, crew.slow_downs) < crew.slow_downs) {
      slow_down(now, std::nullopt);
    }
  }
  /// See RateLimiter.
  void slow_down(SteadyTime now, std::optional<std::chrono::milliseconds> retry_after) {
    limiter_.slow_down(now, retry_after);
  }
  void went_well(SteadyTime now) { limiter_.went_well(now); }

 private:
  std::size_t slots_;
  std::size_t in_flight_ = 0;
  RateLimiter limiter_;
  bool has_share_ = false;             // of a crew's rate
  std::uint64_t crew_slow_downs_ = 0;  // that this run has followed
};

}  // namespace core
