// A clock that moves only when a test advances it.
#pragma once

#include "core/clock.h"

namespace support {

class ManualClock final : public core::Clock {
 public:
  [[nodiscard]] core::SteadyTime steady() const override { return steady_; }
  [[nodiscard]] core::UtcTime utc() const override { return utc_; }

  void advance(core::SteadyTime::duration by) {
    steady_ += by;
    utc_ += std::chrono::duration_cast<std::chrono::milliseconds>(by);
  }
  void move_to(core::SteadyTime time) {
    if (time > steady_) {
      advance(time - steady_);
    }
  }
  /// The wall clock jumps; the steady one does not.
  void jump(std::chrono::milliseconds by) { utc_ += by; }

 private:
  core::SteadyTime steady_{std::chrono::hours(1)};
  core::UtcTime utc_{std::chrono::sys_days{std::chrono::year(2026) / 6 / 1} +
                     std::chrono::hours(4)};
};

}  // namespace support
