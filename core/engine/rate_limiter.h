// How fast queries may start: at most so many in any second, and slower after the gateway refused.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "core/clock.h"

namespace core {

/// Pure: the caller passes the time. A 429 (or five 5xx in a row, which the caller counts) halves
/// the rate of the whole run, but at most once a second, because the answers to queries already in
/// flight contain nothing new. After each second without a refusal the rate grows by half, or by a
/// tenth near the rate that was refused before. One thread.
class RateLimiter {
 public:
  static constexpr double kRateMin = 1.0;  ///< queries per second; a slowed run never stops

  /// `rate_max` in queries per second; 0: unlimited.
  RateLimiter(int rate_max, SteadyTime now);

  /// The earliest time at which a query may start; if it is not after `now`, it may start now.
  [[nodiscard]] SteadyTime next_start(SteadyTime now);
  void started(SteadyTime now);

  /// The limit from now on, in queries per second; 0: nothing starts. A higher limit takes effect a
  /// second later: until then the gateway still counts the queries that others started under it.
  void limit_to(double rate_max, SteadyTime now);

  /// The gateway refused a query. No query starts before `retry_after` has passed.
  void slow_down(SteadyTime now, std::optional<std::chrono::milliseconds> retry_after);
  /// A query succeeded.
  void went_well(SteadyTime now);

  /// The current limit in queries per second; none: unlimited.
  [[nodiscard]] std::optional<double> rate() const { return rate_; }

 private:
  struct Raise {
    double rate_max = 0;
    SteadyTime at;
  };

  void forget_before(SteadyTime time);
  void set_max(double rate_max);

  std::optional<double> rate_max_;  // none: unlimited
  std::optional<Raise> raise_;
  std::optional<double> rate_;  // none: unlimited
  double rate_seen_ = 0;        // the most starts in one second before a slow-down
  double refused_ = 0;          // the rate that the last slow-down halved; 0 after the first one
  SteadyTime paused_until_;
  SteadyTime next_slot_;  // when the next start is due by even spacing
  SteadyTime last_slow_down_{};
  SteadyTime good_since_{};  // when the current second without a refusal began
  bool slowed_ = false;
  std::deque<SteadyTime> starts_;  // of the last second
};

}  // namespace core
