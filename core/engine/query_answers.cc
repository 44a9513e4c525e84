// What becomes of the answers to the lane's queries.
#include <algorithm>
#include <exception>
#include <utility>

#include "core/engine/query_lane.h"
#include "core/error.h"
#include "core/gateway/api.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::size_t kLargeBody = std::size_t{1} << 20U;

// A gateway's own words are often a code that says nothing without its status.
std::string with_status(int http_status, const std::string& message) {
  constexpr int kOk = 200;
  if (http_status == kOk) {
    return message;
  }
  return "HTTP " + std::to_string(http_status) + (message.empty() ? "" : ": " + message);
}

std::string_view readable(const QueryAnswer& answer) {
  return answer.body_without_key ? *answer.body_without_key : answer.body;
}

}  // namespace

// ---- answers

void QueryLane::hear_of(const Unrecorded& unrecorded, const AnswerEntry& entry) {
  ++tally_.errors["unexpected"];
  const std::string why =
      "its answer could not be recorded: " + printable(unrecorded.why, kMessageBytesMax) +
      "; please report this";
  const auto& slots = window_.slots();
  const auto held = std::find_if(slots.begin(), slots.end(), [&entry](const HeldTask& one) {
    return one.task && one.task->key == entry.task && one.recheck_for == 0;
  });
  if (held != slots.end()) {  // an answer that can be recorded may still come
    window_[static_cast<std::size_t>(held - slots.begin())].trouble = why;
    return;
  }
  ++tally_.not_answered;
  if (notify_) {
    notify_({Notice::Kind::not_answered, unrecorded.task_id, 0, why, unrecorded.account});
  }
}

void QueryLane::settle(std::uint64_t token, QueryAnswer&& answer) {
  --in_flight_;
  if (token == kKeyToken) {
    health_.hear_of_key(&answer);
  } else {
    const auto slot = static_cast<std::size_t>(token);
    guard(slot, answer, [&] { hear(slot, std::move(answer)); });
  }
  rule_again();
}

// What goes wrong with one answer is the trouble of its task alone, else every later run would end
// at the same one.
template <typename Act>
void QueryLane::guard(std::size_t slot, QueryAnswer& answer, const Act& act) {
  try {
    act();
  } catch (const Error&) {
    throw;  // of the ledger, which is the run's
  } catch (const std::exception& failure) {
    give_up_unexpectedly(slot, std::move(answer), failure.what());
  }
}

void QueryLane::hear(std::size_t slot, QueryAnswer&& answer) {
  // The raw text is what the ledger keeps, and what links are read from again.
  Answer parsed = parse_answer(answer.http_status, answer.body, window_[slot].task->id);
  hide_key(parsed, answer.key_in_body);
  if (answer.kept_connection && may_be_strays(slot, parsed)) {
    ask_alone(slot, answer);
    return;
  }
  window_[slot].alone = parsed.verdict == Verdict::wrong_task;
  tell_request(slot, answer, parsed.verdict);
  const auto ruling = health_.hear(heard(slot, answer, parsed));
  const std::size_t unruled_max = kUnruledMax + static_cast<std::size_t>(plan_.concurrency);
  if (ruling == GatewayHealth::Ruling::not_yet && unruled_.size() < unruled_max) {
    unruled_.push_back({slot, std::move(answer), std::move(parsed)});
    return;
  }
  record(slot, std::move(answer), std::move(parsed), ruling == GatewayHealth::Ruling::not_found);
}

// Whether an answer decides something for good, and may be one that nobody asked for.
bool QueryLane::may_be_strays(std::size_t slot, const Answer& parsed) const {
  const TaskRecord& task = *window_[slot].task;
  switch (parsed.verdict) {
    case Verdict::succeeded:
    case Verdict::failed:
      return !parsed.names_task;
    case Verdict::unauthorised:
      return true;
    case Verdict::not_found:
      return fold({task.state, task.not_found_runs, task.not_found_run}, parsed.verdict, plan_.run)
                 .state == TaskState::missing;
    case Verdict::unfinished:
    case Verdict::unrecognised:
    case Verdict::wrong_task:
    case Verdict::unreadable:
    case Verdict::throttled:
    case Verdict::server_error:
    case Verdict::forbidden:
    case Verdict::invalid_url:
    case Verdict::unexpected:
      return false;
  }
  return false;
}

// Such an answer counts only when nothing else can have sent it.
void QueryLane::ask_alone(std::size_t slot, const QueryAnswer& answer) {
  tell_request(slot, "HTTP " + std::to_string(answer.http_status) +
                         ", names no task; asked again over a connection of its own");
  window_[slot].alone = true;
  ++tally_.retries;
  queue(slot, clock_.steady());
}

GatewayHealth::Heard QueryLane::heard(std::size_t slot, const QueryAnswer& answer,
                                      const Answer& parsed) const {
  const TaskRecord& task = *window_[slot].task;
  return {
      .answer = parsed,
      .http_status = answer.http_status,
      .body = readable(answer),
      .account = task.account,
      .task_is_known = task.submit_time || task.live_fetch || task.state != TaskState::unfinished};
}

void QueryLane::rule_again() {
  for (Unruled& one : std::exchange(unruled_, {})) {
    const auto ruling = health_.hear_again(heard(one.slot, one.answer, one.parsed));
    if (ruling == GatewayHealth::Ruling::not_yet) {
      unruled_.push_back(std::move(one));
    } else {
      guard(one.slot, one.answer, [&] {
        record(one.slot, std::move(one.answer), std::move(one.parsed),
               ruling == GatewayHealth::Ruling::not_found);
      });
    }
  }
}

void QueryLane::rule_on_the_rest() {
  health_.no_more_answers();
  rule_again();
}

// Takes what the answer says, gives it to the ledger, and goes on with the task. `not_found`: it
// refuses the ID because the gateway does not know it.
void QueryLane::record(std::size_t slot, QueryAnswer&& answer, Answer&& parsed, bool not_found) {
  HeldTask& held = window_[slot];
  const bool is_news = held.recheck_for == 0 && held.task->state != TaskState::succeeded;
  const auto retry_after = answer.retry_after;
  count_answer(parsed, answer.http_status);
  if (not_found && parsed.verdict == Verdict::forbidden) {
    tell_of_model_list();
  }
  parsed.verdict = not_found ? Verdict::not_found : parsed.verdict;
  const Verdict verdict = parsed.verdict;
  const bool is_none = after_query(verdict, TaskState::unfinished) == Step::retry;
  if (verdict == Verdict::throttled || (retry_after && is_none)) {
    limiter_.slow_down(clock_.steady(), retry_after);
    tell(Notice::Kind::slowed, slot, "the gateway asks to slow down");
  }
  take(slot, answer, parsed);
  if (verdict == Verdict::unrecognised && held.task->state != TaskState::unfinished) {
    parsed.links.clear();  // a finished task's links are those of its last final answer
    parsed.looks_finished = false;
  }
  const Step step = next_step(slot, verdict);
  if (step == Step::finish || step == Step::poll) {
    held.trouble.clear();
    count_state(held);
  }
  // What `follow` needs of the answer; the rest moves into the ledger's queue.
  Answer brief{.verdict = verdict, .message = with_status(answer.http_status, parsed.message)};
  brief.videos_without_link = parsed.videos_without_link;
  brief.link_defect = parsed.link_defect;
  brief.looks_finished = parsed.looks_finished;
  if (held.recheck_for != 0 || verdict == Verdict::unrecognised) {
    brief.links = parsed.links;
  }
  const bool offers_videos = !parsed.links.empty();
  tally_.videos_found += is_news && !held.offered ? parsed.links.size() : 0;
  held.offered = held.offered || offers_videos;
  append(slot, std::move(answer), std::move(parsed), step == Step::finish || step == Step::give_up);
  if (offers_videos) {
    last_offer_ = last_ticket_;
  }
  follow(slot, step, brief, retry_after);
}

// What the answer makes of the task that is held.
void QueryLane::take(std::size_t slot, const QueryAnswer& answer, const Answer& parsed) {
  HeldTask& held = window_[slot];
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
    note_live_fetch(held);
  }
}

void QueryLane::note_live_fetch(const HeldTask& held) {
  if (live_fetches_.size() >= kWindow) {
    const SteadyTime past = clock_.steady() - TaskWindow::kLiveFetchPause;
    std::erase_if(live_fetches_, [past](const auto& one) { return one.second < past; });
  }
  live_fetches_[held.task->key] = held.started;
}

Step QueryLane::next_step(std::size_t slot, Verdict verdict) const {
  const HeldTask& held = window_[slot];
  const Step step = after_query(verdict, held.task->state);
  if (step == Step::poll && (!plan_.wait || is_stale(*held.task))) {
    return Step::finish;
  }
  if (step == Step::finish && plan_.wait && held.task->settles_at && held.recheck_for == 0) {
    return Step::poll;
  }
  const bool goes_on = may_retry(held) || outlives_trouble(held);
  return step == Step::retry && !goes_on ? Step::give_up : step;
}

void QueryLane::count_answer(const Answer& parsed, int http_status) {
  const Verdict verdict = parsed.verdict;
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
      slow_when_overloaded();
    }
    return;
  }
  if (verdict == Verdict::forbidden || verdict == Verdict::invalid_url ||
      verdict == Verdict::unauthorised) {
    ++tally_.errors[kind];
  }
  health_.went_well();
  limiter_.went_well(clock_.steady());
}

// A task is counted once, as what the last answer made of it.
void QueryLane::count_state(HeldTask& held) {
  if (held.recheck_for != 0) {
    return;
  }
  const auto counter = [this](TaskState state) -> std::uint64_t& {
    switch (state) {
      case TaskState::succeeded:
        return tally_.succeeded;
      case TaskState::failed:
        return tally_.failed;
      case TaskState::missing:
        return tally_.missing;
      case TaskState::unfinished:
        break;
    }
    return tally_.unfinished;
  };
  if (held.counted) {
    --counter(*held.counted);
  }
  held.counted = held.task->state;
  ++counter(*held.counted);
}

void QueryLane::append(std::size_t slot, QueryAnswer&& answer, Answer&& parsed, bool settled) {
  if (answer.body.size() >= kLargeBody) {
    ledger_.flush();  // else large bodies would pile up there
  }
  const TaskRecord& task = *window_[slot].task;
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
  last_ticket_ = ledger_.append(std::move(entry));
}

void QueryLane::follow(std::size_t slot, Step step, const Answer& answer,
                       std::optional<std::chrono::milliseconds> retry_after) {
  HeldTask& held = window_[slot];
  const bool answered = step == Step::finish || step == Step::poll;
  tell_oddities(slot, answer, answered);
  if (held.recheck_for != 0 && step != Step::retry) {
    end_recheck(slot, {held.recheck_for, answer.links, answered, last_ticket_});
    return;
  }
  switch (step) {
    case Step::finish:
      window_.release(slot);
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
      window_.release(slot);
      break;
  }
}

void QueryLane::tell_unrecognised(std::size_t slot, const Answer& answer) const {
  if (answer.looks_finished) {
    tell(Notice::Kind::looks_finished, slot,
         answer.message + ", beside a link or a time of the end; " +
             (answer.links.empty() ? "" : "the video that it links is fetched, ") +
             "the task stays unfinished");
  } else {
    tell(Notice::Kind::unrecognised, slot, "answer of unknown shape or status, kept as it is");
  }
}

void QueryLane::tell_oddities(std::size_t slot, const Answer& answer, bool answered) {
  HeldTask& held = window_[slot];
  if (answered && answer.verdict == Verdict::unrecognised && !held.unrecognised) {
    held.unrecognised = true;
    ++tally_.unrecognised;
    tell_unrecognised(slot, answer);
  }
  if (answer.videos_without_link > 0 && held.recheck_for == 0 && !held.told_unreachable) {
    held.told_unreachable = true;
    tell_unreachable(slot, answer);
  }
  if (answer.verdict == Verdict::wrong_task && !std::exchange(held.told_wrong_task, true)) {
    tell(Notice::Kind::flagged, slot, "the answer names another task; kept, not used");
  }
}

// Videos that no link leads to are told once: in the run that hears of them.
void QueryLane::tell_unreachable(std::size_t slot, const Answer& answer) {
  const auto count = static_cast<std::uint64_t>(answer.videos_without_link);
  tally_.videos_failed += count;
  std::string why = "the answer counts " + std::to_string(count) +
                    " more video(s) than it gives usable links for; they cannot be fetched";
  if (!answer.link_defect.empty()) {
    why += " (a link there cannot be used: " + answer.link_defect + ")";
  }
  tell(Notice::Kind::video_failed, slot, std::move(why));
}

void QueryLane::tell_of_model_list() {
  if (!std::exchange(told_of_model_list_, true) && notify_) {
    notify_({Notice::Kind::flagged,
             {},
             0,
             "the key has a list of models, with which a gateway answers HTTP 403 for a task that "
             "it does not know: such tasks count as not found"});
  }
}

void QueryLane::settle(std::uint64_t token, const TransportFailure& failure) {
  --in_flight_;
  if (token == kKeyToken) {
    health_.hear_of_key(nullptr);
    rule_again();
    return;
  }
  const auto slot = static_cast<std::size_t>(token);
  HeldTask& held = window_[slot];
  tell_request(slot, failure.text);
  if (failure.kind == TransportFailure::kNoRoom) {
    ++tally_.retries;
    queue(slot, clock_.steady() + retry_delay(plan_.retry, 1, random_unit()));
    return;
  }
  held.alone = true;  // what broke one connection may hang or break another that is as old
  count_failure(failure.kind);
  slow_when_overloaded();
  if (may_retry(held) || outlives_trouble(held)) {
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
  window_.release(slot);
}

void QueryLane::poll_later(std::size_t slot) {
  HeldTask& held = window_[slot];
  held.failures = 0;
  held.waiting = true;
  if (window_is_wanted()) {
    evicted_ = true;
    window_.release(slot);
    return;
  }
  queue(slot, clock_.steady() + std::max(plan_.poll_interval, pause_before(*held.task, false)));
}

bool QueryLane::may_retry(const HeldTask& held) const {
  return held.failures < plan_.retry.retries;
}

// Whether a query without an answer is asked again at the next interval, its retries used up.
bool QueryLane::outlives_trouble(const HeldTask& held) const {
  return plan_.wait && held.recheck_for == 0 && !is_stale(*held.task) &&
         (!window_is_wanted() || troubled_.size() < kTroubledMax);
}

double QueryLane::random_unit() { return std::uniform_real_distribution<double>(0, 1)(random_); }

void QueryLane::retry(std::size_t slot, std::optional<std::chrono::milliseconds> retry_after,
                      const std::string& why) {
  HeldTask& held = window_[slot];
  ++tally_.retries;
  tell(Notice::Kind::retry, slot, why);
  if (!may_retry(held)) {
    outlive(slot, why);
    return;
  }
  ++held.failures;
  const auto delay = retry_after.value_or(std::chrono::milliseconds(0)) +
                     retry_delay(plan_.retry, held.failures, random_unit());
  queue(slot, clock_.steady() + delay);
}

void QueryLane::outlive(std::size_t slot, const std::string& why) {
  HeldTask& held = window_[slot];
  held.failures = 0;
  held.trouble = why.empty() ? "no answer" : why;
  const SteadyTime due = clock_.steady() + plan_.poll_interval;
  if (window_is_wanted()) {
    evicted_ = true;
    troubled_[held.task->key] = due;
    window_.release(slot);
    return;
  }
  queue(slot, due);
}

void QueryLane::give_up(std::size_t slot, const std::string& why) {
  ++tally_.not_answered;
  tell(Notice::Kind::not_answered, slot, why);
  window_.release(slot);
}

void QueryLane::give_up_unexpectedly(std::size_t slot, QueryAnswer&& answer,
                                     const std::string& why) {
  HeldTask& held = window_[slot];
  if (!held.task) {
    return;  // it happened after the task was done with
  }
  ++tally_.errors["unexpected"];
  if (answer.body.empty()) {  // the ledger did not take it
    last_ticket_ = ledger_.append(SettleEntry{held.task->key});
  } else {
    append(slot, std::move(answer), nothing_taken(), true);
  }
  if (held.recheck_for != 0) {
    end_recheck(slot, {.video = held.recheck_for});
    return;
  }
  give_up(slot, "its answer could not be dealt with: " + printable(why, kMessageBytesMax) +
                    "; please report this");
}

}  // namespace core
