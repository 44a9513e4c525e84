// The pure rules of a task's life: what an answer makes of it, and what comes next.
#pragma once

#include <cstdint>

#include "core/task.h"

namespace core {

/// The part of a task that answers move.
struct TaskStanding {
  TaskState state = TaskState::unfinished;
  int not_found_runs = 0;          ///< runs in a row that heard "not found"
  std::int64_t not_found_run = 0;  ///< the last of them
  friend bool operator==(const TaskStanding&, const TaskStanding&) = default;
};

/// A missing task is final after this many runs in a row that hear so (product.md; api.md T18).
inline constexpr int kNotFoundRunsMax = 3;

/// What one answer, heard in run number `run`, makes of a task. Used while a run goes on and again
/// by `db check`, which replays the snapshots.
///  - A final word counts always, also against an earlier final word: the last one wins.
///  - An unfinished word never undoes a final one (a gateway may regress; api.md T4, T23).
///  - "Not found" counts once a run, and never against a task that was finished.
///  - Answers that are none (unreadable, throttled, another task's …) move nothing.
[[nodiscard]] TaskStanding fold(TaskStanding before, Verdict verdict, std::int64_t run);

/// Whether an answer is the kind that reports use.
[[nodiscard]] bool is_final(Verdict verdict);

/// What the run does with a task after an answer.
enum class Step {
  finish,    ///< asked no more, and answered
  poll,      ///< not finished upstream: ask again later, if the run waits
  retry,     ///< no answer: ask again soon
  give_up,   ///< no answer, and asking again soon would not help
  stop_run,  ///< the key is rejected: nobody is asked any more
};
[[nodiscard]] Step after_query(Verdict verdict, TaskState state_after);

}  // namespace core
