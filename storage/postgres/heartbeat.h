// A run's signs of life, and the burial of those that give none any more.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "storage/postgres/connection.h"
#include "storage/postgres/run_fence.h"

namespace storage {

/// Renews a run's lease from a thread of its own, six times in the time of a lease. A crew's run
/// also declares dead whose lease is over, and frees the work of those that are gone, but only once
/// its own lease was renewed without a break for as long as a lease takes: after an outage of the
/// server all leases are over, and who comes back first must not declare the others lost.
class Heartbeat {
 public:
  /// `on_lost` is called on the thread, once, when this run was itself declared dead. Throws
  /// ConnectionLost.
  Heartbeat(const LedgerUrl& url, RunFence& fence, std::function<void()> on_lost);
  /// Ends the thread.
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Any thread: returns once the lease is surely this run's for a while yet. Throws RunLost.
  void require_lease();

 private:
  void beat_all();
  void beat();
  void declare_lost();
  [[nodiscard]] bool is_sure() const;  // with mutex_ held

  RunFence& fence_;
  Connection connection_;
  std::function<void()> on_lost_;
  std::chrono::nanoseconds unbroken_since_;  // by the clock that counts sleep, too

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_:
  std::chrono::nanoseconds renewed_;
  bool lost_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

/// Within the caller's transaction, which holds the crew's lock: frees the open work of runs that
/// are lost or over.
void free_work_of_the_gone(Connection& connection);

}  // namespace storage
