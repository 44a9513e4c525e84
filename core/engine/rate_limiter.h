// How fast queries may start: at most so many in any second, and slower while the gateway asks for
// it.
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "core/clock.h"

namespace core {

/// Pure but for the times it is told. A 429 (or five 5xx in a row, which the caller counts) halves
/// the rate of the whole run, at most once a second, since the answers to what was already in
/// flight say nothing new; each second in which nothing is refused lets it grow by half, or by a
/// tenth near the rate that was refused before. One thread.
class RateLimiter {
 public:
  static constexpr double kRateMin = 1.0;  ///< queries a second; a slowed run never stands still

  /// `rate_max` in queries a second; 0: unlimited.
  RateLimiter(int rate_max, SteadyTime now);

  /// The earliest moment at which a query may start; not after `now`: it may start now.
  [[nodiscard]] SteadyTime next_start(SteadyTime now);
  void started(SteadyTime now);

  /// The most from now on, in queries a second; 0: nothing starts. A higher one counts a second
  /// later: until then the gateway still counts what others started under it.
  void limit_to(double rate_max, SteadyTime now);

  /// The gateway asks to slow down. Nothing starts before `retry_after` is over.
  void slow_down(SteadyTime now, std::optional<std::chrono::milliseconds> retry_after);
  /// A good answer came.
  void went_well(SteadyTime now);

  /// The present bound in queries a second; none: unlimited.
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
  double rate_seen_ = 0;        // the most starts in a second before a slow-down
  double refused_ = 0;          // the rate that the last slow-down halved; 0: it was the first
  SteadyTime paused_until_;
  SteadyTime next_slot_;  // even spacing: when the next start is due
  SteadyTime last_slow_down_{};
  SteadyTime good_since_{};  // when the second began in which nothing was refused yet
  bool slowed_ = false;
  std::deque<SteadyTime> starts_;  // those of the last second
};

}  // namespace core
