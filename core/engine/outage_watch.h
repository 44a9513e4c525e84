// Whether the gateway is down, or has too much to do.
#pragma once

#include <chrono>

#include "core/clock.h"

namespace core {

/// Pure: it is told of queries that went well and that failed. One thread.
class OutageWatch {
 public:
  /// After this many failures in a row (5xx or no answer) and this long without one good answer
  /// the gateway is down, and asking on would only add load.
  static constexpr int kFailures = 100;
  static constexpr std::chrono::seconds kTime{60};

  explicit OutageWatch(SteadyTime now) : last_good_(now) {}

  void went_well(SteadyTime now) {
    failures_in_a_row_ = 0;
    load_failures_ = 0;
    last_good_ = now;
  }
  /// Whether the gateway is down.
  [[nodiscard]] bool failed(SteadyTime now) {
    ++failures_in_a_row_;
    return failures_in_a_row_ >= kFailures && now - last_good_ >= kTime;
  }
  /// Counts a failure that comes of load. True for each fifth in a row: the run is to slow down.
  [[nodiscard]] bool is_overloaded() {
    constexpr int kInARow = 5;  // design.md, section 1
    load_failures_ = (load_failures_ + 1) % kInARow;
    return load_failures_ == 0;
  }

 private:
  int failures_in_a_row_ = 0;
  int load_failures_ = 0;
  SteadyTime last_good_;
};

}  // namespace core
