// Threads that take turns in virtual time, so that a run of hours is the same each time, and short.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/clock.h"

namespace support {

/// Exactly one of its threads runs at any moment; the others sleep until their time has come. Of
/// several whose time has come the one that sleeps longest goes on.
class VirtualTime {
 public:
  explicit VirtualTime(core::SteadyTime begin) : now_(begin) {}

  /// Runs each body on a thread of its own; returns when all have returned. They must not throw.
  void run(const std::vector<std::function<void()>>& bodies);

  /// Any thread of `run` while it has its turn; others between two calls of it.
  [[nodiscard]] core::SteadyTime now() const { return now_; }
  /// Gives the turn away until then. By a thread of `run`.
  void sleep_until(core::SteadyTime until);

 private:
  struct Sleeper {
    core::SteadyTime until;
    std::condition_variable wake;
    bool ended = false;
  };

  void pass_on();
  void wait_for_turn(std::unique_lock<std::mutex>& lock, std::size_t me);

  std::mutex mutex_;
  core::SteadyTime now_;
  std::vector<std::unique_ptr<Sleeper>> sleepers_;
  std::size_t turn_ = 0;
};

}  // namespace support
