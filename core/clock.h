// Time as a value: steady time for scheduling, wall time for records.
#pragma once

#include <chrono>

namespace core {

/// UTC wall time in milliseconds since 1970; what the ledger stores.
using UtcTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// The program's source of time. Tests advance it by hand. Any thread may call it.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Never goes back; for deadlines, delays and rates.
  [[nodiscard]] virtual SteadyTime steady() const = 0;
  /// May jump; for records only.
  [[nodiscard]] virtual UtcTime utc() const = 0;
};

/// The machine's own clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] UtcTime utc() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace core
