#include "core/domain/lifecycle.h"

#include <algorithm>

namespace core {
namespace {

TaskStanding heard_not_found(TaskStanding standing, std::int64_t run) {
  if (standing.state == TaskState::succeeded || standing.state == TaskState::failed) {
    return standing;
  }
  if (standing.not_found_run != run) {
    ++standing.not_found_runs;
    standing.not_found_run = run;
  }
  if (standing.not_found_runs >= kNotFoundRunsMax) {
    standing.state = TaskState::missing;
  }
  return standing;
}

}  // namespace

TaskStanding fold(TaskStanding before, Verdict verdict, std::int64_t run) {
  switch (verdict) {
    case Verdict::succeeded:
      return {TaskState::succeeded, 0, 0};
    case Verdict::failed:
      return {TaskState::failed, 0, 0};
    case Verdict::unfinished:
    case Verdict::unrecognised:
      if (before.state == TaskState::succeeded || before.state == TaskState::failed) {
        return before;
      }
      return {TaskState::unfinished, 0, 0};
    case Verdict::not_found:
      return heard_not_found(before, run);
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

std::optional<UtcTime> settles_at(const FinalWord& word, std::optional<UtcTime> before) {
  const bool asked_once_more = before && word.heard >= *before;
  if (!word.finish_time || asked_once_more) {
    return std::nullopt;
  }
  const auto age = word.server_time.value_or(word.heard) - *word.finish_time;
  if (age >= kSettlingTime) {
    return std::nullopt;
  }
  const UtcTime at =
      word.heard + std::min<std::chrono::milliseconds>(kSettlingTime - age, kSettlingTime);
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
