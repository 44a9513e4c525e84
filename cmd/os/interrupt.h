// Signals as values: the first SIGINT or SIGTERM drains the run, the second stops it at once.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "core/files/descriptor.h"

namespace cmd {

/// Blocks SIGINT, SIGTERM and SIGUSR1 for the whole process and receives them on a thread of its
/// own; so it is made before any other thread, and once. A child process must unblock them.
class Interrupt {
 public:
  /// Throws core::Error if the kernel refuses a signalfd.
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// 0: no signal yet; 1: drain; 2: stop at once. A third signal ends the process immediately, and
  /// so does a timeout if running work cannot be stopped (a disk that hangs). Neither loses data.
  [[nodiscard]] const std::atomic<int>& level() const { return level_; }
  /// SIGINT or SIGTERM, whichever came first; 0: none.
  [[nodiscard]] int signal() const { return signal_.load(); }
  /// Becomes readable with the first SIGINT or SIGTERM and stays so: for callers that wait in poll.
  [[nodiscard]] int descriptor() const { return stop_.number(); }
  /// Whether SIGUSR1 came since the last call.
  [[nodiscard]] bool take_report_request() { return report_.exchange(false); }

  /// Called on the signal thread after each signal; an empty function stops that. When this
  /// returns, the earlier function is no longer running.
  void wake_with(std::function<void()> wake);

 private:
  void receive();
  void handle(int number);

  std::atomic<int> level_{0};
  std::atomic<int> signal_{0};
  std::atomic<bool> report_{false};
  std::mutex mutex_;
  std::function<void()> wake_;  // under mutex_
  core::Descriptor signals_;
  core::Descriptor quit_;
  core::Descriptor stop_;
  std::thread thread_;
};

}  // namespace cmd
