// Moves the tasks of a run from the ledger into the window.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "core/engine/query_notices.h"
#include "core/engine/run_context.h"
#include "core/engine/task_window.h"

namespace core {

/// How long a task must not be queried yet. The wall clock may have jumped since its last query.
/// `polled`: it was queried in this run, so the poll interval applies.
[[nodiscard]] std::chrono::milliseconds pause_before(const RunPlan& plan, const TaskRecord& task,
                                                     bool polled, UtcTime now);

/// Reads the ledger page by page, by ascending key. If there are more tasks than the window holds,
/// waiting tasks are evicted, and the ledger is read again for them; in a crew it is also read
/// again for the work that other runs leave. While a list is imported, the tasks that it adds to
/// the ledger are read as they come, and those that the ledger knew after its end. One thread.
class TaskFeed {
 public:
  /// How many evicted tasks may have had no answer to their last query; further ones are given up,
  /// even in a run that waits.
  static constexpr std::size_t kUnansweredMax = 65'536;
  /// In a crew the ledger is read again after this time for each page of tasks that the run holds.
  static constexpr auto kCrewSweep = std::chrono::seconds(1);

  TaskFeed(const RunContext& run, const QueryNotices& notices, TaskWindow& window);

  /// Takes more tasks while the window has room. The ledger is read again only after `last_answer`
  /// is committed, because its content decides which evicted tasks are still to be queried.
  void admit(Ticket last_answer);
  /// Whether the ledger has no more tasks for this run.
  [[nodiscard]] bool is_drained() const;
  /// When the ledger must be read again even if nothing else happens; max: only after a commit or
  /// an answer.
  [[nodiscard]] SteadyTime next_sweep() const;
  /// Whether waiting tasks should be evicted to make room for others.
  [[nodiscard]] bool wants_room() const;
  /// Whether one more task may wait although its last query had no answer.
  [[nodiscard]] bool has_room_for_unanswered() const;
  void evict(std::size_t slot);
  void evict_unanswered(std::size_t slot, SteadyTime due);

  /// For the end of the run: the number of evicted tasks whose last query had no answer.
  [[nodiscard]] std::size_t unanswered() const { return unanswered_.size(); }
  /// For the end of the run: the number of tasks that never came into the window.
  [[nodiscard]] std::uint64_t count_never_asked();

 private:
  // One pass through the ledger, by ascending key.
  struct Sweep {
    TaskKey cursor = 0;                                  // the last task read from the ledger
    TaskKey last = std::numeric_limits<TaskKey>::max();  // tasks with higher keys were read before
    bool known_follow =
        false;             // the tasks that the ledger knew before the import are still to come
    bool at_end = false;   // the ledger has no tasks after cursor
    bool evicted = false;  // a task was evicted, so another pass is needed
    bool is_first = true;
    std::size_t last_page = RunPlan::kTaskPageMax;  // the number of its tasks
    bool for_evicted = false;  // it reads tasks again that were evicted in the one before
    SteadyTime began{};
  };

  [[nodiscard]] bool is_all_committed() const;
  [[nodiscard]] bool take_page();
  [[nodiscard]] bool ask_for_page();
  void ask_for_tasks();
  void follow_import();
  [[nodiscard]] bool awaits_import();
  void admit(TaskRecord&& task);
  [[nodiscard]] bool leave_to_next_run(const TaskRecord& task);

  RunContext run_;
  const QueryNotices& notices_;
  TaskWindow& window_;
  bool page_asked_ = false;               // requested and not taken yet
  std::vector<TaskKey> held_when_asked_;  // sorted; only if the ledger is read again
  Sweep sweep_;
  std::optional<ImportStanding> import_;      // when the last page was requested; none: no import
  bool is_ahead_ = false;                     // that page had all that the import had added
  Ticket last_settled_ = 0;                   // the latest entry that may settle a task
  std::map<TaskKey, SteadyTime> unanswered_;  // when each of these evicted tasks is due
};

}  // namespace core
