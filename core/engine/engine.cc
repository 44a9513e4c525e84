#include "core/engine/engine.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace core {

Engine::Engine(RunPlan plan, std::shared_ptr<const NameTemplate> names,
               std::vector<std::string> account_names, Dependencies dependencies, Notify notify)
    : plan_(std::move(plan)),
      dependencies_(dependencies),
      notify_(std::move(notify)),
      queries_(RunContext{plan_, dependencies_.ledger, dependencies_.clock, tally_, notify_},
               dependencies_.transport),
      downloads_(RunContext{plan_, dependencies_.ledger, dependencies_.clock, tally_, notify_},
                 {std::move(names), std::move(account_names)}, dependencies_.transport,
                 dependencies_.videos) {
  assert(plan_.concurrency > 0 && plan_.download_concurrency > 0);
  if (plan_.deadline) {
    deadline_ = dependencies_.clock.steady() + *plan_.deadline;
  }
}

RunResult Engine::run() {
  queries_.commit_listed();
  while (turn()) {
  }
  if (result_.end == RunEnd::key_rejected || result_.end == RunEnd::wrong_base_url ||
      result_.end == RunEnd::outage || result_.end == RunEnd::interrupted) {
    drain(dependencies_.clock.steady() + kDrainTime);
  }
  dependencies_.transport.abort();
  queries_.rule_on_the_rest();
  dependencies_.ledger.flush();
  handle_unrecorded();
  dependencies_.ledger.await_import();  // to count what it still adds
  queries_.close(result_.end == RunEnd::deadline);
  dependencies_.ledger.flush();
  handle_unrecorded();
  if (result_.end == RunEnd::completed && queries_.verdict()) {
    result_ = *queries_.verdict();
  }
  result_.disk_failure = downloads_.outcomes().disk_failure();
  result_.downloads_hindered = downloads_.outcomes().hindered();
  return result_;
}

// One turn of the loop; false when the run has ended.
bool Engine::turn() {
  if (is_ended()) {
    return false;
  }
  handle_unrecorded();
  queries_.admit();
  downloads_.start_due(queries_.last_offer(), queries_);
  queries_.start_due();
  if (observer_) {
    observer_();
  }
  if (done()) {
    return false;
  }
  wait_and_settle(next_event());
  return true;
}

bool Engine::is_ended() {
  if (dependencies_.stop.load() > 0) {
    result_.end = RunEnd::interrupted;
  } else if (queries_.verdict()) {
    result_ = *queries_.verdict();
  } else if (dependencies_.clock.steady() >= deadline_) {
    result_.end = RunEnd::deadline;
    result_.reason = "the deadline has passed";
  } else {
    return false;
  }
  return true;
}

void Engine::handle_unrecorded() {
  for (const Unrecorded& one : dependencies_.ledger.take_unrecorded()) {
    if (const auto* answer = std::get_if<AnswerEntry>(&one.entry)) {
      queries_.on_unrecorded(one, *answer);
    } else if (const auto* video = std::get_if<VideoEntry>(&one.entry)) {
      downloads_.on_unrecorded(one, *video);
    }
  }
}

bool Engine::done() {
  if (!queries_.idle() || queries_.in_flight() > 0 || downloads_.in_flight() > 0) {
    return false;
  }
  if (dependencies_.ledger.committed() < queries_.last_offer()) {
    dependencies_.ledger.flush();
    downloads_.start_due(queries_.last_offer(), queries_);
  }
  return downloads_.idle(queries_.last_offer()) && queries_.idle();
}

SteadyTime Engine::next_event() {
  const SteadyTime now = dependencies_.clock.steady();
  SteadyTime next = std::min({queries_.next_due(), downloads_.next_due(), deadline_});
  // An upper limit for every wait: a lost wake-up costs a minute, not the night.
  next = std::min(next, now + turn_max_);
  return std::max(next, now);
}

void Engine::wait_and_settle(SteadyTime until) {
  completions_.clear();
  dependencies_.transport.wait(until, completions_);
  downloads_.settle_unopened(queries_);
  for (Completion& completion : completions_) {
    const std::uint64_t token = completion.token;
    if (auto* answer = std::get_if<QueryAnswer>(&completion.outcome)) {
      queries_.settle(token, std::move(*answer));
    } else if (auto* failure = std::get_if<TransportFailure>(&completion.outcome)) {
      queries_.settle(token, *failure);
    } else if (auto* file = std::get_if<SavedFile>(&completion.outcome)) {
      downloads_.settle(token, *file);
    } else if (auto* fetch = std::get_if<FetchFailure>(&completion.outcome)) {
      downloads_.settle(token, std::move(*fetch), queries_);
    }
  }
  for (const Recheck& recheck : queries_.take_rechecks()) {
    downloads_.rechecked(recheck);
  }
}

// Starts no new work; running work gets a short time to be recorded.
void Engine::drain(SteadyTime until) {
  while (queries_.in_flight() + downloads_.in_flight() > 0 &&
         dependencies_.clock.steady() < until && dependencies_.stop.load() < 2) {
    wait_and_settle(until);
  }
}

}  // namespace core
