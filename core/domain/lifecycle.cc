#include "core/domain/lifecycle.h"

#include <algorithm>

namespace core {
namespace {

NotFoundCounts count_not_found(NotFoundCounts counts, std::int64_t run, UtcTime at) {
  if (run > counts.last_run) {
    ++counts.runs;
    counts.last_run = run;
  }
  if (!counts.last_answer || at >= *counts.last_answer + kNotFoundApart) {
    ++counts.answers;
    counts.last_answer = at;
  } else if (at <= *counts.last_answer - kNotFoundApart) {
    // A clock was set back. How long ago the answers before came is not known.
    counts.answers = 1;
    counts.last_answer = at;
  }
  return counts;
}

bool is_enough(const NotFoundCounts& counts, MissingRule rule) {
  return counts.runs >= kNotFoundMax &&
         (rule == MissingRule::runs || counts.answers >= kNotFoundMax);
}

TaskStanding after_not_found(TaskStanding standing, const TimedVerdict& answer) {
  if (standing.state == TaskState::succeeded || standing.state == TaskState::failed) {
    return standing;
  }
  standing.not_found = count_not_found(standing.not_found, answer.run, answer.observed_at);
  if (is_enough(standing.not_found, answer.rule)) {
    standing.state = TaskState::missing;
  }
  return standing;
}

}  // namespace

TaskStanding fold(TaskStanding before, const TimedVerdict& answer) {
  switch (answer.verdict) {
    case Verdict::succeeded:
      return {TaskState::succeeded, {}};
    case Verdict::failed:
      return {TaskState::failed, {}};
    case Verdict::unfinished:
    case Verdict::unrecognised:
      if (before.state == TaskState::succeeded || before.state == TaskState::failed) {
        return before;
      }
      return {TaskState::unfinished, {}};
    case Verdict::not_found:
      return after_not_found(before, answer);
    case Verdict::wrong_task:
    case Verdict::unreadable:
    case Verdict::throttled:
    case Verdict::server_error:
    case Verdict::unauthorised:
    case Verdict::forbidden:
    case Verdict::invalid_url:
    case Verdict::unexpected:
      return before;
  }
  return before;
}

bool is_final(Verdict verdict) {
  return verdict == Verdict::succeeded || verdict == Verdict::failed;
}

bool adds_nothing(Verdict verdict) {
  return verdict == Verdict::unfinished || verdict == Verdict::unrecognised ||
         verdict == Verdict::not_found;
}

bool tells_status(Verdict verdict, TaskState after) {
  return is_final(verdict) ||
         (after == TaskState::unfinished &&
          (verdict == Verdict::unfinished || verdict == Verdict::unrecognised));
}

UtcTime stale_before(UtcTime now, std::chrono::milliseconds stale_after) {
  return now - stale_after;
}

bool is_stale(std::optional<UtcTime> submit_time, UtcTime first_seen, UtcTime before) {
  return submit_time.value_or(first_seen) < before;
}

bool needs_its_files(TaskState state) { return state == TaskState::succeeded; }

bool is_to_be_asked(const ListedTask& task, bool refresh) {
  return refresh || task.state == TaskState::unfinished || task.is_unsettled || task.is_forgotten ||
         (task.lacks_a_file && needs_its_files(task.state));
}

std::optional<UtcTime> settles_at(const FinalAnswerTimes& times, std::optional<UtcTime> before) {
  const bool asked_once_more = before && times.received_at >= *before;
  if (!times.finish_time || asked_once_more) {
    return std::nullopt;
  }
  const auto age = times.server_time.value_or(times.received_at) - *times.finish_time;
  if (age >= kSettlingTime) {
    return std::nullopt;
  }
  const UtcTime at =
      times.received_at + std::min<std::chrono::milliseconds>(kSettlingTime - age, kSettlingTime);
  return before ? std::min(at, *before) : at;
}

Step after_query(Verdict verdict, TaskState state_after) {
  switch (verdict) {
    case Verdict::succeeded:
    case Verdict::failed:
      return Step::finish;
    case Verdict::unfinished:
    case Verdict::unrecognised:
      return state_after == TaskState::unfinished ? Step::poll : Step::finish;
    case Verdict::not_found:
      return state_after == TaskState::unfinished ? Step::give_up : Step::finish;
    case Verdict::forbidden:
    case Verdict::invalid_url:
      return Step::give_up;
    case Verdict::wrong_task:
    case Verdict::unreadable:
    case Verdict::throttled:
    case Verdict::server_error:
    case Verdict::unexpected:
      return Step::retry;
    case Verdict::unauthorised:
      return Step::stop_run;
  }
  return Step::retry;
}

}  // namespace core
