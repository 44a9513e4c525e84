// Brings the tasks of a run from the ledger into the window.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "core/clock.h"
#include "core/engine/query_notices.h"
#include "core/engine/run_context.h"
#include "core/engine/task_window.h"

namespace core {

/// How long a task may not be asked yet. The wall clock may have jumped since it was. `polled`: it
/// was asked in this run, so that the poll interval counts.
[[nodiscard]] std::chrono::milliseconds pause_before(const RunPlan& plan, const TaskRecord& task,
                                                     bool polled, UtcTime now);

/// Sweeps through the ledger by ascending key, page by page. If there are more tasks than the
/// window holds, those that only wait are evicted, and the ledger is swept again for them. One
/// thread.
class TaskFeed {
 public:
  static constexpr std::size_t kPage = 1024;
  /// Evicted tasks whose last query had no answer; beyond these a run gives up, though it waits.
  static constexpr std::size_t kUnansweredMax = 65'536;

  TaskFeed(const RunContext& run, const QueryNotices& notices, TaskWindow& window);

  /// Takes more tasks while the window has room. `last_answer` must be committed before the ledger
  /// is swept again: evicted tasks are told apart by what it shows of them.
  void admit(Ticket last_answer);
  /// Whether the ledger has no more tasks for this run.
  [[nodiscard]] bool is_drained() const { return swept_ && !evicted_; }
  /// Whether a task that only waits should make room for others.
  [[nodiscard]] bool wants_room() const;
  /// Whether one more task may wait although its last query had no answer.
  [[nodiscard]] bool has_room_for_unanswered() const;
  void evict(std::size_t slot);
  void evict_unanswered(std::size_t slot, SteadyTime due);

  /// At the run's end: the evicted tasks whose last query had no answer.
  [[nodiscard]] std::size_t unanswered() const { return unanswered_.size(); }
  /// At the run's end: the tasks that never came into the window.
  [[nodiscard]] std::uint64_t count_never_asked();

 private:
  [[nodiscard]] bool take_page();
  [[nodiscard]] bool ask_for_page(Ticket last_answer);
  void admit(TaskRecord&& task);
  [[nodiscard]] bool leave_to_next_run(const TaskRecord& task);
  [[nodiscard]] bool sweep_again(Ticket last_answer);

  RunContext run_;
  const QueryNotices& notices_;
  TaskWindow& window_;
  bool page_asked_ = false;               // and not taken yet
  std::vector<TaskKey> held_when_asked_;  // in order; of a further sweep alone
  TaskKey cursor_ = 0;                    // the last task taken from the ledger in this sweep
  bool swept_ = false;                    // the ledger had no more after cursor_
  bool evicted_ = false;                  // in this sweep
  bool sweeping_again_ = false;
  std::map<TaskKey, SteadyTime> unanswered_;  // when each of the evicted ones is due
};

}  // namespace core
