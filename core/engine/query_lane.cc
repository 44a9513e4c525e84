#include "core/engine/query_lane.h"

#include <algorithm>
#include <utility>

#include "core/gateway/api.h"
#include "core/text/printable.h"

namespace core {
QueryLane::QueryLane(const RunPlan& plan, Ledger& ledger, Transport& transport, const Clock& clock,
                     RunTally& tally, const Notify& notify)
    : plan_(plan),
      ledger_(ledger),
      transport_(transport),
      clock_(clock),
      tally_(tally),
      notify_(notify),
      health_(plan, clock),
      limiter_(plan.rate, clock.steady()),
      random_(plan.seed) {}

// ---- taking tasks

void QueryLane::queue(std::size_t slot, SteadyTime when) {
  window_.queue(slot, when, clock_.steady());
}

void QueryLane::admit() {
  while (!swept_ && window_.held() + kPage <= kWindow && window_.ready() < kPage / 2 &&
         ledger_.has_room(kPage)) {
    std::vector<TaskRecord> page = ledger_.tasks(cursor_, kPage);
    swept_ = page.size() < kPage;
    const std::vector<TaskKey> known = sweeping_again_ ? window_.keys() : std::vector<TaskKey>();
    for (TaskRecord& task : page) {
      cursor_ = task.key;
      if (!std::binary_search(known.begin(), known.end(), task.key)) {
        admit(std::move(task));
      }
    }
  }
  if (swept_ && evicted_ && window_.held() + kPage <= kWindow && sweep_again()) {
    admit();
  }
}

void QueryLane::admit(TaskRecord&& task) {
  const auto trouble = troubled_.find(task.key);
  const bool troubled = trouble != troubled_.end();
  const bool polled = !troubled && sweeping_again_ && task.last_query.has_value();
  if (!polled && !troubled && leave_to_next_run(task)) {
    return;
  }
  SteadyTime when = clock_.steady() + pause_before(task, polled);
  const std::size_t slot = window_.hold(std::move(task));
  HeldTask& held = window_[slot];
  held.asked = polled || troubled;
  held.waiting = polled;
  if (polled) {
    held.counted = held.task->state;
  }
  if (troubled) {
    held.trouble = "no answer to its last query";
    when = std::max(when, trouble->second);
    troubled_.erase(trouble);
  }
  queue(slot, when);
}

// How long a task may not be asked yet. The wall clock may have jumped since it was.
std::chrono::milliseconds QueryLane::pause_before(const TaskRecord& task, bool polled) const {
  std::chrono::milliseconds pause(0);
  const auto wait_until = [&](UtcTime moment, std::chrono::milliseconds at_most) {
    pause = std::max(pause, std::clamp(std::chrono::milliseconds(moment - clock_.utc()),
                                       std::chrono::milliseconds(0), at_most));
  };
  if (polled) {
    wait_until(*task.last_query + plan_.poll_interval, plan_.poll_interval);
  }
  if (plan_.wait && task.settles_at) {
    wait_until(*task.settles_at, kSettlingTime);
  }
  if (task.live_fetch && task.last_query) {
    wait_until(*task.last_query + TaskWindow::kLiveFetchPause, TaskWindow::kLiveFetchPause);
  }
  return pause;
}

// A run that does not wait for tasks does not wait until one may be asked.
bool QueryLane::leave_to_next_run(const TaskRecord& task) {
  if (plan_.wait || !task.live_fetch || pause_before(task, false).count() == 0) {
    return false;
  }
  ledger_.append(SettleEntry{task.key});
  if (notify_) {
    notify_({Notice::Kind::slowed, task.id.text(), 0,
             "asked less than a minute ago, and each query makes the gateway ask the vendor; left "
             "to the next run",
             task.account});
  }
  return true;
}

bool QueryLane::sweep_again() {
  // What was evicted is asked again only once the ledger shows its last answer.
  if (ledger_.committed() < last_ticket_) {
    return false;
  }
  cursor_ = 0;
  swept_ = false;
  evicted_ = false;
  sweeping_again_ = true;
  return true;
}

// Whether a task that only waits should make room for others.
bool QueryLane::window_is_wanted() const {
  return window_.held() + kPage > kWindow && (!swept_ || evicted_);
}

// ---- starting

void QueryLane::start_due() {
  const SteadyTime now = clock_.steady();
  window_.advance(now);
  if (!unruled_.empty() && window_.held() == unruled_.size() && in_flight_ == 0 && swept_ &&
      !evicted_ && !health_.awaits_key()) {
    rule_on_the_rest();
  }
  const auto slots = static_cast<std::size_t>(plan_.concurrency);
  const auto may_start = [&] { return in_flight_ < slots && limiter_.next_start(now) <= now; };
  if (health_.key_to_ask() && may_start()) {
    ask_about_key();
  }
  while (!health_.awaits_key() && window_.ready() > 0 && ledger_.has_room(in_flight_ + 1) &&
         may_start()) {
    start(window_.take_ready(), now);
  }
}

void QueryLane::start(std::size_t slot, SteadyTime now) {
  HeldTask& held = window_[slot];
  limiter_.started(now);
  transport_.start(QueryRequest{.token = slot,
                                .account = held.task->account,
                                .path = query_path(held.task->id),
                                .fresh_connection = std::exchange(held.alone, false)});
  held.started = now;
  ++in_flight_;
  ++tally_.requests;
  if (held.live_fetch) {
    note_live_fetch(held);
  }
  if (!held.asked && held.recheck_for == 0) {
    ++tally_.queried;
  }
  held.asked = true;
}

void QueryLane::ask_about_key() {
  limiter_.started(clock_.steady());
  transport_.start(QueryRequest{kKeyToken, *health_.key_to_ask(), kKeyUsagePath});
  health_.asking_key();
  ++in_flight_;
}

void QueryLane::recheck(TaskRecord task, std::uint64_t video) {
  const auto live = live_fetches_.find(task.key);
  const std::size_t slot = window_.hold(std::move(task));
  HeldTask& held = window_[slot];
  held.recheck_for = video;
  if (live != live_fetches_.end()) {
    held.live_fetch = true;
    held.started = live->second;
  }
  queue(slot, clock_.steady());
}

std::vector<Recheck> QueryLane::take_rechecks() { return std::exchange(rechecks_, {}); }

SteadyTime QueryLane::next_due() {
  const SteadyTime now = clock_.steady();
  if (in_flight_ >= static_cast<std::size_t>(plan_.concurrency)) {
    return SteadyTime::max();
  }
  if (health_.awaits_key()) {
    return health_.key_to_ask() ? limiter_.next_start(now) : SteadyTime::max();
  }
  if (window_.ready() > 0) {
    // Without room in the ledger its writer wakes the loop.
    return ledger_.has_room(in_flight_ + 1) ? limiter_.next_start(now) : SteadyTime::max();
  }
  return window_.next_due().value_or(SteadyTime::max());
}

bool QueryLane::idle() const {
  return window_.held() == 0 && swept_ && !evicted_ && !health_.awaits_key();
}

// ---- the run as a whole

void QueryLane::count_failure(const std::string& kind) {
  ++tally_.errors[kind];
  health_.failed(kind);
}

void QueryLane::slow_when_overloaded() {
  if (!health_.is_overloaded()) {
    return;
  }
  limiter_.slow_down(clock_.steady(), std::nullopt);
  if (notify_) {
    notify_({Notice::Kind::slowed, {}, 0, "five failures in a row; the whole run slows down"});
  }
}

bool QueryLane::is_stale(const TaskRecord& task) const {
  return clock_.utc() - task.submit_time.value_or(task.first_seen) > plan_.stale_after;
}

void QueryLane::tell(Notice::Kind kind, std::size_t slot, std::string text) const {
  if (notify_) {
    notify_({kind, window_[slot].task->id.text(), 0, std::move(text), window_[slot].task->account});
  }
}

void QueryLane::tell_request(std::size_t slot, const QueryAnswer& answer, Verdict verdict) const {
  if (!plan_.tell_requests) {
    return;
  }
  constexpr std::size_t kRequestIdMax = 100;
  std::string text = "HTTP " + std::to_string(answer.http_status) + ", " +
                     std::to_string(answer.body.size()) + " bytes, " + std::string(name(verdict));
  if (!answer.request_id.empty()) {
    text += ", request " + printable(answer.request_id, kRequestIdMax);
  }
  tell_request(slot, text);
}

void QueryLane::tell_request(std::size_t slot, const std::string& outcome) const {
  if (plan_.tell_requests) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() -
                                                                            window_[slot].started);
    tell(Notice::Kind::request, slot, outcome + " (" + std::to_string(took.count()) + " ms)");
  }
}

void QueryLane::close(bool cut) {
  for (std::size_t slot = 0; slot < window_.slots().size(); ++slot) {
    const HeldTask& held = window_[slot];
    if (!held.task || held.recheck_for != 0) {
      continue;
    }
    if (!held.trouble.empty()) {
      ++tally_.not_answered;
      tell(Notice::Kind::not_answered, slot, held.trouble);
      ledger_.append(SettleEntry{held.task->key});
    } else if (!held.waiting) {
      ++(cut || !held.asked ? tally_.unasked : tally_.not_answered);
    }
  }
  tally_.not_answered += troubled_.size();
  if (!swept_) {
    count_unswept();
  }
}

void QueryLane::count_unswept() {
  TaskKey after = cursor_;
  for (std::vector<TaskRecord> page; after == cursor_ || !page.empty();) {
    page = ledger_.tasks(after, kPage);
    for (const TaskRecord& task : page) {
      after = task.key;
      const bool was_asked = (sweeping_again_ && task.last_query) || troubled_.contains(task.key);
      tally_.unasked += was_asked ? 0U : 1U;
    }
    if (page.size() < kPage) {
      break;
    }
  }
}

}  // namespace core
