// A run's signs of life, and its place in its crew.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "core/ledger/lease.h"
#include "core/ledger/ledger.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/crew_rows.h"
#include "storage/postgres/run_fence.h"

namespace storage {

/// Renews a run's lease from a thread of its own, six times in the time of a lease. A crew's run
/// also takes its share of the rate, passes slow-downs on, declares runs lost whose lease is over,
/// and frees the work of those that are gone.
class Heartbeat {
 public:
  /// Both on the thread.
  struct Listener {
    std::function<void()> lost;     ///< this run was itself declared lost; called once
    std::function<void()> changed;  ///< `standing` changed
  };
  /// `crew_rate`: as RunRows::crew_rate. Connects on the thread, as often as it takes.
  Heartbeat(const LedgerUrl& url, RunFence& fence, std::int64_t crew_rate, Listener listener);
  /// Ends the thread.
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Any thread: returns once the lease is surely this run's for a while yet. Throws RunLost.
  void require_lease();
  /// The rate of core::CrewStanding. Any thread.
  [[nodiscard]] core::CrewStanding standing() const;
  /// As core::Ledger::tell_slow_down. Any thread.
  void tell_slow_down();

 private:
  enum class Beat { done, failed, lost };

  void beat_all();
  [[nodiscard]] Beat try_to_beat();
  void beat();
  void take_place(CrewPlace& place);
  [[nodiscard]] std::chrono::nanoseconds pause(Beat beat) const;  // with mutex_ held

  RunFence& fence_;
  Connection connection_;
  Listener listener_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Under mutex_:
  core::Lease lease_;
  CrewPlace place_;
  std::uint64_t slow_downs_told_ = 0;
  bool in_haste_ = false;  // a slow-down was told
  bool lost_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace storage
