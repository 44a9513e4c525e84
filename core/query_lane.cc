#include "core/query_lane.h"

#include <algorithm>
#include <utility>

#include "core/api.h"
#include "core/printable.h"

namespace core {
namespace {

constexpr int kServerErrorsInARow = 5;  // then the whole run slows down (product.md)

// A gateway's own words are often a code that says nothing without its status.
std::string with_status(int http_status, const std::string& message) {
  constexpr int kOk = 200;
  if (http_status == kOk) {
    return message;
  }
  return "HTTP " + std::to_string(http_status) + (message.empty() ? "" : ": " + message);
}

}  // namespace

QueryLane::QueryLane(const RunPlan& plan, Ledger& ledger, Transport& transport, const Clock& clock,
                     RunTally& tally, const Notify& notify)
    : plan_(plan),
      ledger_(ledger),
      transport_(transport),
      clock_(clock),
      tally_(tally),
      notify_(notify),
      limiter_(plan.rate, clock.steady()),
      random_(plan.seed),
      last_good_(clock.steady()) {}

// ---- the window

std::size_t QueryLane::hold(TaskRecord task) {
  if (free_slots_.empty()) {
    free_slots_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const std::size_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot] = Slot{.task = std::move(task)};
  ++held_;
  return slot;
}

void QueryLane::release(std::size_t slot) {
  slots_[slot].task.reset();
  free_slots_.push_back(slot);
  --held_;
}

std::vector<TaskKey> QueryLane::held_keys() const {
  std::vector<TaskKey> keys;
  for (const Slot& slot : slots_) {
    if (slot.task) {
      keys.push_back(slot.task->key);
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

void QueryLane::queue(std::size_t slot, SteadyTime when) {
  if (slots_[slot].live_fetch) {
    when = std::max(when, slots_[slot].started + kLiveFetchPause);
  }
  if (when <= clock_.steady()) {
    ready_.push_back(slot);
  } else {
    later_.push({when, ++order_, slot});
  }
}

void QueryLane::admit() {
  while (!swept_ && held_ + kPage <= kWindow && ready_.size() < kPage / 2) {
    std::vector<TaskRecord> page = ledger_.tasks(cursor_, kPage);
    swept_ = page.size() < kPage;
    const std::vector<TaskKey> known = sweeping_again_ ? held_keys() : std::vector<TaskKey>();
    for (TaskRecord& task : page) {
      cursor_ = task.key;
      if (std::binary_search(known.begin(), known.end(), task.key)) {
        continue;
      }
      admit(std::move(task));
    }
  }
  if (swept_ && evicted_ && held_ + kPage <= kWindow && sweep_again()) {
    admit();
  }
}

void QueryLane::admit(TaskRecord&& task) {
  const bool polled = sweeping_again_ && task.last_query.has_value();
  if (!polled && leave_to_next_run(task)) {
    return;
  }
  const SteadyTime when = clock_.steady() + pause_before(task, polled);
  const std::size_t slot = hold(std::move(task));
  Slot& held = slots_[slot];
  held.asked = held.waiting = polled;
  held.live_fetch = held.task->live_fetch;
  if (polled) {
    held.counted = held.task->state;
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
    wait_until(*task.last_query + kLiveFetchPause, kLiveFetchPause);
  }
  return pause;
}

// A run that does not wait for tasks does not wait until one may be asked.
bool QueryLane::leave_to_next_run(const TaskRecord& task) {
  if (plan_.wait || !task.live_fetch || pause_before(task, false).count() == 0) {
    return false;
  }
  ledger_.append(SettleEntry{task.key});
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

// ---- starting

void QueryLane::start_due() {
  const SteadyTime now = clock_.steady();
  while (!later_.empty() && later_.top().when <= now) {
    ready_.push_back(later_.top().slot);
    later_.pop();
  }
  const auto slots = static_cast<std::size_t>(plan_.concurrency);
  while (!ready_.empty() && in_flight_ < slots && ledger_.has_room(in_flight_ + 1) &&
         limiter_.next_start(now) <= now) {
    const std::size_t slot = ready_.front();
    ready_.pop_front();
    start(slot, now);
  }
}

void QueryLane::start(std::size_t slot, SteadyTime now) {
  Slot& held = slots_[slot];
  limiter_.started(now);
  transport_.start(QueryRequest{slot, held.task->account, query_path(held.task->id)});
  held.in_flight = true;
  held.started = now;
  ++in_flight_;
  ++tally_.requests;
  if (held.live_fetch) {
    live_fetches_[held.task->key] = now;
  }
  if (!held.asked && held.recheck_for == 0) {
    ++tally_.queried;
  }
  held.asked = true;
}

void QueryLane::recheck(TaskRecord task, std::uint64_t video) {
  const auto live = live_fetches_.find(task.key);
  const std::size_t slot = hold(std::move(task));
  Slot& held = slots_[slot];
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
  if (!ready_.empty()) {
    // Without room in the ledger its writer wakes the loop.
    return ledger_.has_room(in_flight_ + 1) ? limiter_.next_start(now) : SteadyTime::max();
  }
  return later_.empty() ? SteadyTime::max() : later_.top().when;
}

bool QueryLane::idle() const { return held_ == 0 && swept_ && !evicted_; }

// ---- answers

void QueryLane::settle(std::uint64_t token, QueryAnswer&& answer) {
  const auto slot = static_cast<std::size_t>(token);
  Slot& held = slots_[slot];
  held.in_flight = false;
  --in_flight_;
  Answer parsed =
      parse_answer(answer.http_status,
                   answer.body_without_key ? *answer.body_without_key : answer.body, held.task->id);
  const auto retry_after = answer.retry_after;
  tell_request(slot, answer, parsed.verdict);
  judge_answer(parsed, answer.http_status);
  const bool is_none = after_query(parsed.verdict, TaskState::unfinished) == Step::retry;
  if (parsed.verdict == Verdict::throttled || (retry_after && is_none)) {
    limiter_.slow_down(clock_.steady(), retry_after);
    tell(Notice::Kind::slowed, slot, "the gateway asks to slow down");
  }
  take(slot, answer, parsed);
  const Step step = next_step(slot, parsed.verdict);
  const bool settled = step == Step::finish || step == Step::give_up;
  if (step == Step::finish || step == Step::poll) {
    count_state(held);
  }
  // What `follow` needs of the answer; the rest moves into the ledger's queue.
  Answer brief{.verdict = parsed.verdict,
               .message = with_status(answer.http_status, parsed.message)};
  brief.videos_without_link = parsed.videos_without_link;
  if (held.recheck_for != 0) {
    brief.links = parsed.links;
  }
  const bool success = parsed.verdict == Verdict::succeeded;
  last_ticket_ = record(slot, std::move(answer), std::move(parsed), settled);
  if (success) {
    last_success_ = last_ticket_;
  }
  follow(slot, step, brief, retry_after);
}

// What the answer makes of the task that is held.
void QueryLane::take(std::size_t slot, const QueryAnswer& answer, const Answer& parsed) {
  Slot& held = slots_[slot];
  TaskRecord& task = *held.task;
  const TaskStanding after =
      fold({task.state, task.not_found_runs, task.not_found_run}, parsed.verdict, plan_.run);
  task.state = after.state;
  task.not_found_runs = after.not_found_runs;
  task.not_found_run = after.not_found_run;
  if (parsed.facts.submit_time) {
    task.submit_time = parsed.facts.submit_time;
  }
  const UtcTime now = clock_.utc();
  if (is_final(parsed.verdict)) {
    task.settles_at = settles_at({now, answer.date, parsed.facts.finish_time}, task.settles_at);
  } else if (adds_nothing(parsed.verdict) && task.settles_at && *task.settles_at <= now) {
    task.settles_at.reset();
  }
  if (parsed.live_fetch) {
    held.live_fetch = true;
    if (live_fetches_.size() >= kWindow) {
      std::erase_if(live_fetches_, [past = clock_.steady() - kLiveFetchPause](const auto& one) {
        return one.second < past;
      });
    }
    live_fetches_[task.key] = held.started;
  }
}

Step QueryLane::next_step(std::size_t slot, Verdict verdict) const {
  const Slot& held = slots_[slot];
  const Step step = after_query(verdict, held.task->state);
  if (step == Step::poll && (!plan_.wait || is_stale(*held.task))) {
    return Step::finish;
  }
  if (step == Step::finish && plan_.wait && held.task->settles_at && held.recheck_for == 0) {
    return Step::poll;
  }
  return step == Step::retry && !may_retry(held) ? Step::give_up : step;
}

// A task is counted once, as what the last answer made of it.
void QueryLane::count_state(Slot& slot) {
  if (slot.recheck_for != 0) {
    return;
  }
  const auto counter = [this](TaskState state) -> std::uint64_t* {
    switch (state) {
      case TaskState::succeeded:
        return &tally_.succeeded;
      case TaskState::failed:
        return &tally_.failed;
      case TaskState::unfinished:
      case TaskState::missing:
        return nullptr;
    }
    return nullptr;
  };
  const TaskState state = slot.task->state;
  if (std::uint64_t* before = slot.counted ? counter(*slot.counted) : nullptr) {
    --*before;
  }
  if (std::uint64_t* now = counter(state)) {
    ++*now;
  }
  slot.counted = state;
}

Ticket QueryLane::record(std::size_t slot, QueryAnswer&& answer, Answer&& parsed, bool settled) {
  const TaskRecord& task = *slots_[slot].task;
  AnswerEntry entry;
  entry.task = task.key;
  entry.observed_at = clock_.utc();
  entry.http_status = answer.http_status;
  entry.body = std::move(answer.body);
  entry.is_final = is_final(parsed.verdict);
  entry.answer = std::move(parsed);
  entry.state = task.state;
  entry.not_found_runs = task.not_found_runs;
  entry.not_found_run = task.not_found_run;
  entry.settled = settled;
  if (entry.is_final) {
    entry.settles_at = task.settles_at;
  }
  return ledger_.append(std::move(entry));
}

void QueryLane::follow(std::size_t slot, Step step, const Answer& answer,
                       std::optional<std::chrono::milliseconds> retry_after) {
  Slot& held = slots_[slot];
  const bool answered = step == Step::finish || step == Step::poll;
  if (answered && answer.verdict == Verdict::unrecognised && !held.unrecognised) {
    held.unrecognised = true;
    ++tally_.unrecognised;
    tell(Notice::Kind::unrecognised, slot, "answer of unknown shape or status, kept as it is");
  }
  if (answer.videos_without_link > 0) {
    tell(Notice::Kind::flagged, slot,
         "the answer counts " + std::to_string(answer.videos_without_link) +
             " more video(s) than it gives links for; they cannot be fetched");
  }
  if (answer.verdict == Verdict::wrong_task) {
    tell(Notice::Kind::flagged, slot, "the answer names another task; kept, not used");
  }
  if (held.recheck_for != 0 && step != Step::retry) {
    end_recheck(slot, {held.recheck_for, answer.links, answered, last_ticket_});
    return;
  }
  switch (step) {
    case Step::finish:
      release(slot);
      break;
    case Step::poll:
      poll_later(slot);
      break;
    case Step::retry:
      retry(slot, retry_after, answer.message);
      break;
    case Step::give_up:
      give_up(slot, answer.message);
      break;
    case Step::stop_run:
      ++tally_.not_answered;
      release(slot);
      break;
  }
}

void QueryLane::settle(std::uint64_t token, const TransportFailure& failure) {
  const auto slot = static_cast<std::size_t>(token);
  Slot& held = slots_[slot];
  held.in_flight = false;
  --in_flight_;
  tell_request(slot, failure.text);
  count_failure(failure.kind);
  slow_after_errors_in_a_row();
  if (may_retry(held)) {
    retry(slot, std::nullopt, failure.text);
    return;
  }
  if (held.recheck_for != 0) {
    end_recheck(slot, {.video = held.recheck_for});
    return;
  }
  last_ticket_ = ledger_.append(SettleEntry{held.task->key});
  give_up(slot, failure.text);
}

void QueryLane::end_recheck(std::size_t slot, Recheck recheck) {
  rechecks_.push_back(std::move(recheck));
  release(slot);
}

void QueryLane::poll_later(std::size_t slot) {
  Slot& held = slots_[slot];
  held.failures = 0;
  held.waiting = true;
  if (held_ + kPage > kWindow && (!swept_ || evicted_)) {
    evicted_ = true;
    release(slot);
    return;
  }
  queue(slot, clock_.steady() + std::max(plan_.poll_interval, pause_before(*held.task, false)));
}

bool QueryLane::may_retry(const Slot& slot) const { return slot.failures < plan_.retry.retries; }

void QueryLane::retry(std::size_t slot, std::optional<std::chrono::milliseconds> retry_after,
                      const std::string& why) {
  Slot& held = slots_[slot];
  ++held.failures;
  ++tally_.retries;
  const double unit = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto delay = retry_after.value_or(std::chrono::milliseconds(0)) +
                     retry_delay(plan_.retry, held.failures, unit);
  tell(Notice::Kind::retry, slot, why);
  queue(slot, clock_.steady() + delay);
}

void QueryLane::give_up(std::size_t slot, const std::string& why) {
  ++tally_.not_answered;
  tell(Notice::Kind::not_answered, slot, why);
  release(slot);
}

// ---- judging the run as a whole

void QueryLane::judge_answer(const Answer& answer, int http_status) {
  const Verdict verdict = answer.verdict;
  if (verdict == Verdict::unauthorised && !verdict_) {
    verdict_ = RunResult{.end = RunEnd::key_rejected, .reason = answer.message};
  }
  if (verdict == Verdict::server_error || verdict == Verdict::throttled) {
    // Says nothing about key or address.
  } else if (probe_.answers < Probe::kAnswers) {
    ++probe_.answers;
    probe_.forbidden += verdict == Verdict::forbidden ? 1 : 0;
    probe_.invalid_url += verdict == Verdict::invalid_url ? 1 : 0;
    judge_probe(false);
  }
  std::string kind =
      http_status == 200 ? std::string(name(verdict)) : "http_" + std::to_string(http_status);
  std::replace(kind.begin(), kind.end(), ' ', '_');
  if (verdict == Verdict::throttled) {
    ++tally_.errors[kind];
    return;
  }
  if (after_query(verdict, TaskState::unfinished) == Step::retry) {
    count_failure(kind);
    if (verdict == Verdict::server_error) {
      slow_after_errors_in_a_row();
    }
    return;
  }
  if (verdict == Verdict::forbidden || verdict == Verdict::invalid_url ||
      verdict == Verdict::unauthorised) {
    ++tally_.errors[kind];
  }
  good_answer();
}

void QueryLane::judge_probe(bool last) {
  const bool enough = probe_.answers >= Probe::kAnswers || (last && probe_.answers >= 2);
  if (!enough || verdict_) {
    return;
  }
  if (probe_.forbidden == probe_.answers) {
    verdict_ =
        RunResult{.end = RunEnd::key_rejected, .reason = "every task was forbidden (HTTP 403)"};
  } else if (probe_.invalid_url == probe_.answers) {
    verdict_ = RunResult{.end = RunEnd::wrong_base_url,
                         .reason = "the gateway knows no such address (HTTP 404, Invalid URL)"};
  }
}

void QueryLane::good_answer() {
  server_errors_in_a_row_ = 0;
  failures_in_a_row_ = 0;
  last_good_ = clock_.steady();
  limiter_.went_well(last_good_);
}

void QueryLane::count_failure(const std::string& kind) {
  ++tally_.errors[kind];
  ++failures_in_a_row_;
  if (failures_in_a_row_ >= kOutageFailures && clock_.steady() - last_good_ >= kOutageTime &&
      !verdict_) {
    verdict_ = RunResult{.end = RunEnd::outage,
                         .reason = "the gateway has given no good answer for " +
                                   std::to_string(kOutageTime.count()) + " s (" + kind + ")"};
  }
}

void QueryLane::slow_after_errors_in_a_row() {
  if (++server_errors_in_a_row_ < kServerErrorsInARow) {
    return;
  }
  server_errors_in_a_row_ = 0;
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
    notify_({kind, slots_[slot].task->id.text(), 0, std::move(text), slots_[slot].task->account});
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
                                                                            slots_[slot].started);
    tell(Notice::Kind::request, slot, outcome + " (" + std::to_string(took.count()) + " ms)");
  }
}

void QueryLane::close(bool cut) {
  judge_probe(true);
  for (const Slot& slot : slots_) {
    if (!slot.task || slot.waiting || slot.recheck_for != 0) {
      continue;
    }
    ++(cut || !slot.asked ? tally_.unasked : tally_.not_answered);
  }
  if (swept_) {
    return;
  }
  TaskKey after = cursor_;
  for (std::vector<TaskRecord> page; after == cursor_ || !page.empty();) {
    page = ledger_.tasks(after, kPage);
    for (const TaskRecord& task : page) {
      after = task.key;
      tally_.unasked += sweeping_again_ && task.last_query ? 0U : 1U;
    }
    if (page.size() < kPage) {
      break;
    }
  }
}

}  // namespace core
