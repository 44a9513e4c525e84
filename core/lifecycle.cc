#include "core/lifecycle.h"

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
