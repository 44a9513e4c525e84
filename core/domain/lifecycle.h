// The pure rules of a task's life cycle: how an answer changes it, and the next step.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/clock.h"
#include "core/domain/task.h"

namespace core {

/// How often a task was not found since it was last found.
struct NotFoundCounts {
  int runs = 0;                        ///< runs in which it was not found
  std::int64_t last_run = 0;           ///< the latest of them
  int answers = 0;                     ///< "not found" answers, at least kNotFoundApart between two
  std::optional<UtcTime> last_answer;  ///< the time of the last counted one
  friend bool operator==(const NotFoundCounts&, const NotFoundCounts&) = default;
};

/// The part of a task's state that answers change.
struct TaskStanding {
  TaskState state = TaskState::unfinished;
  NotFoundCounts not_found;
  friend bool operator==(const TaskStanding&, const TaskStanding&) = default;
};

/// A task is missing after this many consecutive runs did not find it, with this many such answers,
/// each at least kNotFoundApart after the last counted one: runs at short intervals, or several
/// runners, may all meet the same outage (gateway.md, section 10, T18; design.md, section 1).
inline constexpr int kNotFoundMax = 3;
inline constexpr std::chrono::minutes kNotFoundApart{10};

/// The condition for a missing task. Each run stores its rule, so that `db check` judges the run's
/// answers by the same rule. The numbers are stored in the ledger.
enum class MissingRule {
  runs = 0,              ///< kNotFoundMax runs, at any interval
  runs_and_answers = 1,  ///< also kNotFoundMax answers, at least kNotFoundApart apart
};
inline constexpr MissingRule kMissingRule = MissingRule::runs_and_answers;

/// One answer about a task, without its content.
struct TimedVerdict {
  Verdict verdict = Verdict::unexpected;
  std::int64_t run = 0;  ///< the number of the run that got it
  UtcTime observed_at{};
  MissingRule rule = kMissingRule;
};

/// The task's new state after one answer. Used during a run, and by `db check` when it replays the
/// snapshots.
///  - A final answer always counts: the last one wins, also over an earlier final one.
///  - An unfinished answer never replaces a final one (a gateway may regress; gateway.md T4, T23).
///  - "Not found" counts as described at kNotFoundMax, and never for a finished task. A missing
///    task stays missing until an answer finds it.
///  - An unusable answer (unreadable, throttled, another task's …) changes nothing.
[[nodiscard]] TaskStanding fold(TaskStanding before, const TimedVerdict& answer);

/// Whether reports use this kind of answer.
[[nodiscard]] bool is_final(Verdict verdict);

/// Whether a valid answer leaves a finished task unchanged, so that no later answer is needed to
/// settle its quota.
[[nodiscard]] bool adds_nothing(Verdict verdict);

/// Whether an answer states the task's status, so that its status word is shown to users; `after`
/// is the result of `fold`.
[[nodiscard]] bool tells_status(Verdict verdict, TaskState after);

/// An unfinished task that was submitted before this time is stale.
[[nodiscard]] UtcTime stale_before(UtcTime now, std::chrono::milliseconds stale_after);
/// For an unfinished task. The same rule in SQL: storage/statements/task_rules.h.
[[nodiscard]] bool is_stale(std::optional<UtcTime> submit_time, UtcTime first_seen, UtcTime before);

/// The ledger's state of a task that a list names. An unknown task counts as unfinished.
struct ListedTask {
  TaskState state = TaskState::unfinished;
  bool is_unsettled = false;  ///< its quota may still change (settles_at)
  bool is_forgotten = false;
  bool lacks_a_file = false;  ///< a saved video of it is missing on disk
};
/// Whether a missing file makes a run query the task again: only a succeeded task has videos.
[[nodiscard]] bool needs_its_files(TaskState state);
/// Whether a run queries the task. `refresh`: finished tasks too.
[[nodiscard]] bool is_to_be_asked(const ListedTask& task, bool refresh);

/// The gateway commits the end first, and the settled quota or the refund later (gateway.md G3).
inline constexpr std::chrono::seconds kSettlingTime{30};

/// A final answer and the times that decide whether its quota is settled.
struct FinalAnswerTimes {
  UtcTime received_at{};               ///< by the local clock
  std::optional<UtcTime> server_time;  ///< the answer's own `Date` header, if known
  std::optional<UtcTime> finish_time;  ///< as stated in the answer
};

/// The local time after which the task must be queried once more to get its settled quota; none if
/// this answer has it. `before` is the result for an earlier answer: an answer received at or after
/// that time settles the task, whatever the clocks say. The result is never later than
/// kSettlingTime after the answer was received, even if a clock is wrong or the finish time is in
/// the future.
[[nodiscard]] std::optional<UtcTime> settles_at(const FinalAnswerTimes& times,
                                                std::optional<UtcTime> before);

/// What the run does with a task after an answer.
enum class Step {
  finish,    ///< answered; not queried again
  poll,      ///< not finished upstream: query again later, if the run waits
  retry,     ///< no answer: query again soon
  give_up,   ///< no answer, and another query soon would not help
  stop_run,  ///< the key is rejected: no further queries
};
[[nodiscard]] Step after_query(Verdict verdict, TaskState state_after);

}  // namespace core
