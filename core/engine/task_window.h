// The tasks that a run holds in memory, and when each is due.
#pragma once

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/ledger.h"
#include "core/owner_thread.h"

namespace core {

/// One task of the window, and its state in this run.
struct HeldTask {
  std::optional<TaskRecord> task;  ///< none: the slot is free
  int failures = 0;                ///< since the last answer or the last interval
  bool asked = false;
  bool recorded = false;  ///< an answer of this run went to the ledger
  bool waiting = false;   ///< answered in this run; to be queried again later
  bool unrecognised = false;
  bool told_wrong_task = false;
  bool told_unreachable = false;  ///< the user was told of videos without a usable link
  bool offered = false;           ///< the task has had videos in this run
  bool live_fetch = false;
  bool alone = false;                ///< the next query needs a new connection
  std::string failure;               ///< why the last query used up its retries; empty: it did not
  std::optional<TaskState> counted;  ///< the state under which the tally counts the task
  std::uint64_t recheck_for = 0;     ///< the download lane's token; 0: not queried for a video
  SteadyTime started{};              ///< of the latest query
};

/// Tasks are identified by slots: small numbers that are reused. One thread.
class TaskWindow {
 public:
  /// How many tasks TaskFeed holds at once; the others stay in the ledger. Tasks that are queried
  /// again for a video are held in addition.
  static constexpr std::size_t kTasksMax = 4096;
  /// If each query of a task makes the gateway query the vendor, this is the minimum time between
  /// two queries: a failure found in that way is recorded without a refund (gateway.md G2).
  static constexpr std::chrono::seconds kLiveFetchPause{60};

  [[nodiscard]] std::size_t hold(TaskRecord task);
  void release(std::size_t slot);
  [[nodiscard]] HeldTask& operator[](std::size_t slot) {
    assert(owner_.is_here() && is_held(slot));
    return slots_[slot];
  }
  [[nodiscard]] bool is_held(std::size_t slot) const {
    return slot < slots_.size() && slots_[slot].task.has_value();
  }
  /// All slots, including free ones.
  [[nodiscard]] const std::vector<HeldTask>& slots() const { return slots_; }
  /// The slot that holds a task which is not held for a video.
  [[nodiscard]] std::optional<std::size_t> find(TaskKey task) const;
  [[nodiscard]] std::size_t held() const { return held_; }
  /// Sorted.
  [[nodiscard]] std::vector<TaskKey> keys() const;

  /// Remembers for kLiveFetchPause that a query made the gateway query the vendor, even if the slot
  /// is released.
  void note_live_fetch(std::size_t slot, SteadyTime now);
  /// When such a task was last queried; none if it was not, or long ago.
  [[nodiscard]] std::optional<SteadyTime> last_live_fetch(TaskKey task) const;

  /// Makes the task due at `when`, or as soon after that as it may be queried.
  void queue(std::size_t slot, SteadyTime when, SteadyTime now);
  /// Moves tasks that have become due to the ready ones.
  void advance(SteadyTime now);
  [[nodiscard]] std::size_t ready() const { return ready_.size(); }
  /// Takes the first ready task; there must be one.
  [[nodiscard]] std::size_t take_ready();
  /// When the next task becomes ready; none if no task waits.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;

 private:
  struct Due {
    SteadyTime when;
    std::uint64_t order;
    std::size_t slot;
    bool operator>(const Due& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };

  OwnerThread owner_;
  std::vector<HeldTask> slots_;
  std::vector<std::size_t> free_slots_;
  std::size_t held_ = 0;
  std::deque<std::size_t> ready_;  // due now, in order
  std::priority_queue<Due, std::vector<Due>, std::greater<>> later_;
  std::uint64_t order_ = 0;
  std::map<TaskKey, SteadyTime> live_fetches_;
};

}  // namespace core
