// The tasks that a run holds in memory, and when each of them is due.
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

/// One task of the window, and what this run knows of it.
struct HeldTask {
  std::optional<TaskRecord> task;  ///< none: the slot is free
  int failures = 0;                ///< since the last answer, or the last interval
  bool asked = false;
  bool waiting = false;  ///< answered in this run, and to be asked again later
  bool unrecognised = false;
  bool told_wrong_task = false;
  bool told_unreachable = false;  ///< that no link leads to some of its videos
  bool offered = false;           ///< videos, in this run
  bool live_fetch = false;
  bool alone = false;                ///< next over a connection that was not used before
  std::string failure;               ///< why its last query used up its retries; empty: it did not
  std::optional<TaskState> counted;  ///< what the tally counts the task as
  std::uint64_t recheck_for = 0;     ///< the download lane's token; 0: asked for its own sake
  SteadyTime started{};              ///< the newest query
};

/// Tasks are told apart by slots: small numbers that are used again. One thread.
class TaskWindow {
 public:
  /// Tasks that TaskFeed holds at once; the others stay in the ledger. Tasks that are asked again
  /// for a video come on top.
  static constexpr std::size_t kTasksMax = 4096;
  /// A task of which each query makes the gateway ask the vendor is asked no more often: a failure
  /// found that way is written without a refund (gateway.md G2).
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
  /// All slots, free ones too.
  [[nodiscard]] const std::vector<HeldTask>& slots() const { return slots_; }
  /// The slot in which a task is held for its own sake.
  [[nodiscard]] std::optional<std::size_t> find(TaskKey task) const;
  [[nodiscard]] std::size_t held() const { return held_; }
  /// In order.
  [[nodiscard]] std::vector<TaskKey> keys() const;

  /// Remembers for kLiveFetchPause, beyond the task's slot, that a query made the gateway ask the
  /// vendor.
  void note_live_fetch(std::size_t slot, SteadyTime now);
  /// When such a task was last asked; none: it was not, or long ago.
  [[nodiscard]] std::optional<SteadyTime> last_live_fetch(TaskKey task) const;

  /// Due at `when`, or as soon as the task may be asked after that.
  void queue(std::size_t slot, SteadyTime when, SteadyTime now);
  /// Makes ready what has become due.
  void advance(SteadyTime now);
  [[nodiscard]] std::size_t ready() const { return ready_.size(); }
  /// The first that is ready; there must be one.
  [[nodiscard]] std::size_t take_ready();
  /// When the next one becomes ready; none: nothing waits for its moment.
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
