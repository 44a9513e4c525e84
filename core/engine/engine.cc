#include "core/engine/engine.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace core {

Engine::Engine(RunPlan plan, std::shared_ptr<const NameTemplate> names,
               std::vector<std::string> account_names, Seams seams, Notify notify)
    : plan_(std::move(plan)),
      ledger_(seams.ledger),
      transport_(seams.transport),
      clock_(seams.clock),
      stop_(seams.stop),
      notify_(std::move(notify)),
      queries_(plan_, ledger_, transport_, clock_, tally_, notify_),
      downloads_(plan_, std::move(names), std::move(account_names), ledger_, transport_,
                 seams.videos, clock_, tally_, notify_) {
  if (plan_.deadline) {
    deadline_ = clock_.steady() + *plan_.deadline;
  }
}

RunResult Engine::run() {
  while (turn()) {
  }
  if (result_.end == RunEnd::key_rejected || result_.end == RunEnd::wrong_base_url ||
      result_.end == RunEnd::outage || result_.end == RunEnd::interrupted) {
    drain(clock_.steady() + kDrainTime);
  }
  transport_.abort();
  queries_.rule_on_the_rest();
  ledger_.flush();
  hear_of_unrecorded();
  queries_.close(result_.end == RunEnd::deadline);
  ledger_.flush();
  hear_of_unrecorded();
  if (result_.end == RunEnd::completed && queries_.verdict()) {
    result_ = *queries_.verdict();
  }
  result_.disk_failure = downloads_.disk_failure();
  result_.downloads_hindered = downloads_.hindered();
  return result_;
}

// One turn of the loop; false when the run has come to an end.
bool Engine::turn() {
  check_ends();
  if (ending_) {
    return false;
  }
  hear_of_unrecorded();
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

void Engine::check_ends() {
  if (stop_.load() > 0) {
    result_.end = RunEnd::interrupted;
  } else if (queries_.verdict()) {
    result_ = *queries_.verdict();
  } else if (clock_.steady() >= deadline_) {
    result_.end = RunEnd::deadline;
    result_.reason = "the deadline has passed";
  } else {
    return;
  }
  ending_ = true;
}

void Engine::hear_of_unrecorded() {
  for (const Unrecorded& one : ledger_.take_unrecorded()) {
    if (const auto* answer = std::get_if<AnswerEntry>(&one.entry)) {
      queries_.hear_of(one, *answer);
    } else if (const auto* video = std::get_if<VideoEntry>(&one.entry)) {
      downloads_.hear_of(one, *video);
    }
  }
}

bool Engine::done() {
  if (!queries_.idle() || queries_.in_flight() > 0 || downloads_.in_flight() > 0) {
    return false;
  }
  if (ledger_.committed() < queries_.last_offer()) {
    ledger_.flush();
    downloads_.start_due(queries_.last_offer(), queries_);
  }
  return downloads_.idle(queries_.last_offer()) && queries_.idle();
}

SteadyTime Engine::next_event() {
  const SteadyTime now = clock_.steady();
  SteadyTime next = std::min({queries_.next_due(), downloads_.next_due(), deadline_});
  // Somewhere there is always an end: a wake that got lost costs a minute, not the night.
  next = std::min(next, now + turn_max_);
  return std::max(next, now);
}

void Engine::wait_and_settle(SteadyTime until) {
  completions_.clear();
  transport_.wait(until, completions_);
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
      downloads_.settle(token, *fetch, queries_);
    }
  }
  for (const Recheck& recheck : queries_.take_rechecks()) {
    downloads_.rechecked(recheck);
  }
}

// No new work; what is running gets a short while to be recorded.
void Engine::drain(SteadyTime until) {
  while (queries_.in_flight() + downloads_.in_flight() > 0 && clock_.steady() < until &&
         stop_.load() < 2) {
    wait_and_settle(until);
  }
}

}  // namespace core
