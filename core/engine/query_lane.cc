#include "core/engine/query_lane.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "core/gateway/api.h"

namespace core {
namespace {

// The token of a query about a key; differs from all slots and video tokens.
constexpr std::uint64_t kKeyToken = std::numeric_limits<std::uint64_t>::max();

}  // namespace

QueryLane::QueryLane(const RunContext& run, Transport& transport)
    : run_(run),
      transport_(transport),
      notices_(run),
      health_(run.plan, run.clock),
      pace_(run.plan, run.clock.steady()),
      feed_(run, notices_, window_),
      steps_(run, notices_, window_, feed_),
      answers_(run, notices_, window_, health_, pace_, steps_),
      listed_(run, window_, answers_) {}

void QueryLane::admit() { feed_.admit(answers_.records().last_ticket()); }

void QueryLane::start_due() {
  const SteadyTime now = run_.clock.steady();
  KeyInquiry& keys = health_.keys();
  if (const auto crew = run_.ledger.crew_standing()) {
    pace_.follow(*crew, now);
  }
  window_.advance(now);
  // No answer that could decide the undecided ones will come.
  if (answers_.open() > 0 && window_.held() == answers_.open() && pace_.in_flight() == 0 &&
      feed_.is_drained() && !keys.is_open()) {
    answers_.rule_on_the_rest();
  }
  if (keys.to_ask() && pace_.may_start(now)) {
    pace_.started(now);
    transport_.start(QueryRequest{kKeyToken, *keys.to_ask(), kKeyUsagePath});
    keys.asking();
  }
  while (!keys.is_open() && window_.ready() > 0 && run_.ledger.has_room(pace_.in_flight() + 1) &&
         pace_.may_start(now)) {
    start(window_.take_ready(), now);
  }
}

void QueryLane::start(std::size_t slot, SteadyTime now) {
  HeldTask& held = window_[slot];
  assert(!health_.keys().is_open());
  pace_.started(now);
  transport_.start(QueryRequest{.token = slot,
                                .account = held.task->account,
                                .path = query_path(held.task->id),
                                .fresh_connection = std::exchange(held.alone, false)});
  held.started = now;
  ++run_.tally.requests;
  if (held.live_fetch) {
    window_.note_live_fetch(slot, now);
  }
  if (!held.asked && held.recheck_for == 0) {
    ++run_.tally.queried;
  }
  held.asked = true;
}

void QueryLane::settle(std::uint64_t token, QueryAnswer&& answer) {
  pace_.ended();
  if (token == kKeyToken) {
    health_.settle_key(&answer);
  } else {
    answers_.settle(static_cast<std::size_t>(token), std::move(answer));
  }
  answers_.rule_on_open();
}

void QueryLane::settle(std::uint64_t token, const TransportFailure& failure) {
  pace_.ended();
  if (token == kKeyToken) {
    health_.settle_key(nullptr);
    answers_.rule_on_open();
  } else {
    answers_.records().record_failure(static_cast<std::size_t>(token), failure);
  }
}

void QueryLane::on_unrecorded(const Unrecorded& unrecorded, const AnswerEntry& entry) {
  answers_.records().on_unrecorded(unrecorded, entry);
}

void QueryLane::recheck(TaskRecord task, std::uint64_t video) {
  const auto live_fetch = window_.last_live_fetch(task.key);
  const std::size_t slot = window_.hold(std::move(task));
  HeldTask& held = window_[slot];
  held.recheck_for = video;
  if (live_fetch) {
    held.live_fetch = true;
    held.started = *live_fetch;
  }
  const SteadyTime now = run_.clock.steady();
  window_.queue(slot, now, now);
}

SteadyTime QueryLane::next_due() {
  const SteadyTime now = run_.clock.steady();
  if (!pace_.has_slot()) {
    return SteadyTime::max();
  }
  if (health_.keys().is_open()) {
    return health_.keys().to_ask() ? pace_.next_start(now) : SteadyTime::max();
  }
  if (window_.ready() > 0) {
    // If the ledger has no room, its writer wakes the loop later.
    return run_.ledger.has_room(pace_.in_flight() + 1) ? pace_.next_start(now) : SteadyTime::max();
  }
  return std::min(window_.next_due().value_or(SteadyTime::max()), feed_.next_sweep());
}

bool QueryLane::idle() const {
  return window_.held() == 0 && feed_.is_drained() && !health_.keys().is_open();
}

void QueryLane::close(bool cut) {
  for (std::size_t slot = 0; slot < window_.slots().size(); ++slot) {
    const HeldTask& held = window_.slots()[slot];
    if (!held.task || held.recheck_for != 0) {
      continue;
    }
    if (!held.failure.empty()) {
      ++run_.tally.not_answered;
      notices_.tell(Notice::Kind::not_answered, held, held.failure);
      run_.ledger.append(SettleEntry{held.task->key});
    } else if (!held.waiting) {
      ++(cut || !held.asked ? run_.tally.unasked : run_.tally.not_answered);
    }
  }
  run_.tally.not_answered += feed_.unanswered();
  run_.tally.unasked += feed_.count_never_asked();
}

}  // namespace core
