// The pure rules of a task's life: what an answer makes of it, and what comes next.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/clock.h"
#include "core/domain/task.h"

namespace core {

/// How often a task was not found since it was last found.
struct NotFoundCounts {
  int runs = 0;               ///< runs in which it was not found
  std::int64_t last_run = 0;  ///< the newest of them
  int answers = 0;            ///< "not found" answers, kNotFoundApart or more from one to the next
  std::optional<UtcTime> last_answer;  ///< when the last one counted came
  friend bool operator==(const NotFoundCounts&, const NotFoundCounts&) = default;
};

/// The part of a task that answers move.
struct TaskStanding {
  TaskState state = TaskState::unfinished;
  NotFoundCounts not_found;
  friend bool operator==(const TaskStanding&, const TaskStanding&) = default;
};

/// A task is missing when this many runs in a row did not find it, and this many answers said so,
/// each kNotFoundApart or more after the one counted before: runs at short intervals, or several
/// runners, may all meet one outage (gateway.md, section 10, T18; design.md, section 1).
inline constexpr int kNotFoundMax = 3;
inline constexpr std::chrono::minutes kNotFoundApart{10};

/// What makes a task missing. Each run keeps the rule that it went by, so that `db check` judges
/// its answers by the same one. The numbers are stored in the ledger.
enum class MissingRule {
  runs = 0,              ///< kNotFoundMax runs, however soon after each other
  runs_and_answers = 1,  ///< kNotFoundMax answers at least kNotFoundApart apart as well
};
inline constexpr MissingRule kMissingRule = MissingRule::runs_and_answers;

/// One answer about a task, without its content.
struct TimedVerdict {
  Verdict verdict = Verdict::unexpected;
  std::int64_t run = 0;  ///< the number of the run that got it
  UtcTime observed_at{};
  MissingRule rule = kMissingRule;
};

/// What one answer makes of a task. Used while a run goes on and again by `db check`, which replays
/// the snapshots.
///  - A final word counts always, also against an earlier final word: the last one wins.
///  - An unfinished word never undoes a final one (a gateway may regress; gateway.md T4, T23).
///  - "Not found" counts as kNotFoundMax says, and never against a task that was finished. A
///    missing task stays missing until an answer finds it.
///  - Answers that are none (unreadable, throttled, another task's …) move nothing.
[[nodiscard]] TaskStanding fold(TaskStanding before, const TimedVerdict& answer);

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
/// Of an unfinished task. In SQL: storage/statements/task_rules.h.
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
