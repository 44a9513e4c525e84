// Detects that the gateway is down or overloaded.
#pragma once

#include <chrono>

#include "core/clock.h"

namespace core {

/// Pure: counts successful and failed queries. One thread.
class OutageWatch {
 public:
  /// The gateway is down after this many failures in a row (5xx or no answer) over at least this
  /// time: more queries would only add load.
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
  /// Counts a failure caused by load. True for each fifth one in a row: the run must slow down.
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
