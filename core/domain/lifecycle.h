// The pure rules of a task's life: what an answer makes of it, and what comes next.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/clock.h"
#include "core/domain/task.h"

namespace core {

/// The part of a task that answers move.
struct TaskStanding {
  TaskState state = TaskState::unfinished;
  int not_found_runs = 0;          ///< runs in a row that heard "not found"
  std::int64_t not_found_run = 0;  ///< the last of them
  friend bool operator==(const TaskStanding&, const TaskStanding&) = default;
};

/// A missing task is final after this many runs in a row that hear so (design.md, section 1;
/// gateway.md T18).
inline constexpr int kNotFoundRunsMax = 3;

/// What one answer, heard in run number `run`, makes of a task. Used while a run goes on and again
/// by `db check`, which replays the snapshots.
///  - A final word counts always, also against an earlier final word: the last one wins.
///  - An unfinished word never undoes a final one (a gateway may regress; gateway.md T4, T23).
///  - "Not found" counts once a run, and never against a task that was finished.
///  - Answers that are none (unreadable, throttled, another task's …) move nothing.
[[nodiscard]] TaskStanding fold(TaskStanding before, Verdict verdict, std::int64_t run);

/// Whether an answer is the kind that reports use.
[[nodiscard]] bool is_final(Verdict verdict);

/// Whether an answer leaves a finished task as it is, and is an answer all the same: nothing better
/// is to be heard of its quota.
[[nodiscard]] bool adds_nothing(Verdict verdict);

/// Whether an answer says where the task stands, so that people are shown its words; `after`: what
/// `fold` makes of it.
[[nodiscard]] bool tells_status(Verdict verdict, TaskState after);

/// Unfinished tasks from before this moment are asked no more.
[[nodiscard]] UtcTime stale_before(UtcTime now, std::chrono::milliseconds stale_after);
/// Of an unfinished task. In SQL: storage/sqlite/task_rules.h.
[[nodiscard]] bool is_stale(std::optional<UtcTime> submit_time, UtcTime first_seen, UtcTime before);

/// A task that a list names, as the ledger knows it. One that it does not know is unfinished.
struct ListedTask {
  TaskState state = TaskState::unfinished;
  bool is_unsettled = false;  ///< its quota is (settles_at)
  bool is_forgotten = false;
  bool lacks_a_file = false;  ///< a video of it was saved and is not on disk any more
};
/// Whether a file that is gone makes a run ask again: what did not succeed has no video to fetch.
[[nodiscard]] bool needs_its_files(TaskState state);
/// Whether a run asks about the task. `refresh`: about finished ones too.
[[nodiscard]] bool is_to_be_asked(const ListedTask& task, bool refresh);

/// The gateway commits an end first, and the settled quota or the refund after it (gateway.md G3).
inline constexpr std::chrono::seconds kSettlingTime{30};

/// A final answer and the clocks around it.
struct FinalWord {
  UtcTime heard{};                     ///< by our own clock
  std::optional<UtcTime> server_time;  ///< the answer's own `Date`, if it is known
  std::optional<UtcTime> finish_time;  ///< as the answer states it
};

/// The moment, by our own clock, from which an answer has the last word on the task's quota, so
/// that the task is to be asked once more; none: this answer has it. `before` is what an earlier
/// answer led to: one heard from then on settles the task, whatever the clocks say, and no clock,
/// and no finish time in the future, makes that moment later than kSettlingTime after `heard`.
[[nodiscard]] std::optional<UtcTime> settles_at(const FinalWord& word,
                                                std::optional<UtcTime> before);

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
