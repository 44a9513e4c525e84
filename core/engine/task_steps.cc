#include "core/engine/task_steps.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace core {
namespace {

bool is_stale(const TaskRecord& task, const RunPlan& plan, UtcTime now) {
  return core::is_stale(task.submit_time, task.first_seen, stale_before(now, plan.stale_after));
}

bool has_retry_left(const HeldTask& held, const RunPlan& plan) {
  return held.failures < plan.retry.retries;
}

}  // namespace

TaskSteps::TaskSteps(const RunContext& run, const QueryNotices& notices, TaskWindow& window,
                     TaskFeed& feed)
    : run_(run), notices_(notices), window_(window), feed_(feed), random_(run.plan.seed) {}

Step TaskSteps::after(const HeldTask& held, Verdict verdict) const {
  const Step step = after_query(verdict, held.task->state);
  if (step == Step::poll &&
      (!run_.plan.wait || is_stale(*held.task, run_.plan, run_.clock.utc()))) {
    return Step::finish;
  }
  if (step == Step::finish && run_.plan.wait && held.task->settles_at && held.recheck_for == 0) {
    return Step::poll;
  }
  return step == Step::retry && !may_go_on(held) ? Step::give_up : step;
}

bool TaskSteps::may_go_on(const HeldTask& held) const {
  return has_retry_left(held, run_.plan) || may_wait_unanswered(held);
}

// Whether a task is queried again at the next interval although its retries are used up.
bool TaskSteps::may_wait_unanswered(const HeldTask& held) const {
  return run_.plan.wait && held.recheck_for == 0 &&
         !is_stale(*held.task, run_.plan, run_.clock.utc()) && feed_.has_room_for_unanswered();
}

void TaskSteps::take(std::size_t slot, Step step,
                     std::optional<std::chrono::milliseconds> retry_after, const std::string& why) {
  switch (step) {
    case Step::finish:
      window_.release(slot);
      break;
    case Step::poll:
      poll_later(slot);
      break;
    case Step::retry:
      retry(slot, retry_after, why);
      break;
    case Step::give_up:
      give_up(slot, why);
      break;
    case Step::stop_run:
      ++run_.tally.not_answered;
      window_.release(slot);
      break;
  }
}

void TaskSteps::poll_later(std::size_t slot) {
  HeldTask& held = window_[slot];
  assert(run_.plan.wait && held.recheck_for == 0);
  held.failures = 0;
  held.waiting = true;
  if (feed_.wants_room()) {
    feed_.evict(slot);
    return;
  }
  const SteadyTime now = run_.clock.steady();
  const auto pause = std::max(run_.plan.poll_interval,
                              pause_before(run_.plan, *held.task, false, run_.clock.utc()));
  window_.queue(slot, now + pause, now);
}

void TaskSteps::retry_for_room(std::size_t slot) {
  ++run_.tally.retries;
  const SteadyTime now = run_.clock.steady();
  window_.queue(slot, now + random_delay(1), now);
}

void TaskSteps::retry_alone(std::size_t slot) {
  ++run_.tally.retries;
  window_[slot].alone = true;
  const SteadyTime now = run_.clock.steady();
  window_.queue(slot, now, now);
}

void TaskSteps::retry(std::size_t slot, std::optional<std::chrono::milliseconds> retry_after,
                      const std::string& why) {
  HeldTask& held = window_[slot];
  ++run_.tally.retries;
  notices_.tell(Notice::Kind::retry, held, why);
  if (!has_retry_left(held, run_.plan)) {
    retry_next_interval(slot, why);
    return;
  }
  ++held.failures;
  const auto delay =
      retry_after.value_or(std::chrono::milliseconds(0)) + random_delay(held.failures);
  const SteadyTime now = run_.clock.steady();
  window_.queue(slot, now + delay, now);
}

void TaskSteps::retry_next_interval(std::size_t slot, const std::string& why) {
  HeldTask& held = window_[slot];
  held.failures = 0;
  held.failure = why.empty() ? "no answer" : why;
  const SteadyTime now = run_.clock.steady();
  const SteadyTime due = now + run_.plan.poll_interval;
  if (feed_.wants_room()) {
    feed_.evict_unanswered(slot, due);
    return;
  }
  window_.queue(slot, due, now);
}

void TaskSteps::give_up(std::size_t slot, const std::string& why) {
  ++run_.tally.not_answered;
  notices_.tell(Notice::Kind::not_answered, window_[slot], why);
  window_.release(slot);
}

std::chrono::milliseconds TaskSteps::random_delay(int retry) {
  const double unit = std::uniform_real_distribution<double>(0, 1)(random_);
  return retry_delay(run_.plan.retry, retry, unit);
}

void TaskSteps::end_recheck(std::size_t slot, Recheck recheck) {
  assert(recheck.video != 0 && recheck.video == window_[slot].recheck_for);
  rechecks_.push_back(std::move(recheck));
  window_.release(slot);
}

std::vector<Recheck> TaskSteps::take_rechecks() { return std::exchange(rechecks_, {}); }

}  // namespace core
