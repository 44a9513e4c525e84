#include "core/engine/answer_records.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/domain/lifecycle.h"
#include "core/gateway/api.h"
#include "core/text/printable.h"

namespace core {
namespace {

constexpr std::size_t kLargeBody = std::size_t{1} << 20U;

// A gateway's message is often only a code, which means little without the HTTP status.
std::string with_status(int http_status, const std::string& message) {
  constexpr int kOk = 200;
  if (http_status == kOk) {
    return message;
  }
  return "HTTP " + std::to_string(http_status) + (message.empty() ? "" : ": " + message);
}

std::string unexpected(const std::string& what, const std::string& why) {
  return "its answer could not be " + what + ": " + printable(why, kMessageBytesMax) +
         "; please report this";
}

std::uint64_t& counter(RunTally& tally, TaskState state) {
  switch (state) {
    case TaskState::succeeded:
      return tally.succeeded;
    case TaskState::failed:
      return tally.failed;
    case TaskState::missing:
      return tally.missing;
    case TaskState::unfinished:
      break;
  }
  return tally.unfinished;
}

// Each task is counted once, with the state after its last answer.
void count_state(RunTally& tally, HeldTask& held) {
  if (held.recheck_for != 0) {
    return;
  }
  if (held.counted) {
    --counter(tally, *held.counted);
  }
  held.counted = held.task->state;
  ++counter(tally, *held.counted);
}

// The parts of an answer that are still needed after it moved into the ledger's queue.
Answer brief_of(const Answer& parsed, int http_status, bool with_links) {
  Answer brief{.verdict = parsed.verdict, .message = with_status(http_status, parsed.message)};
  brief.videos_without_link = parsed.videos_without_link;
  brief.link_failure = parsed.link_failure;
  brief.looks_finished = parsed.looks_finished;
  if (with_links) {
    brief.links = parsed.links;
  }
  return brief;
}

}  // namespace

AnswerRecords::AnswerRecords(const RunContext& run, QueryNotices& notices, TaskWindow& window,
                             GatewayHealth& health, QueryPace& pace, TaskSteps& steps)
    : run_(run), notices_(notices), window_(window), health_(health), pace_(pace), steps_(steps) {}

void AnswerRecords::record(std::size_t slot, QueryAnswer&& answer, Answer&& parsed,
                           bool not_found) {
  HeldTask& held = window_[slot];
  const bool is_news = held.recheck_for == 0 && held.task->state != TaskState::succeeded;
  const auto retry_after = answer.retry_after;
  count_answer(parsed, answer.http_status);
  if (not_found && parsed.verdict == Verdict::forbidden) {
    notices_.model_list();
  }
  parsed.verdict = not_found ? Verdict::not_found : parsed.verdict;
  const Verdict verdict = parsed.verdict;
  const bool is_none = after_query(verdict, TaskState::unfinished) == Step::retry;
  if (verdict == Verdict::throttled || (retry_after && is_none)) {
    pace_.slow_down(run_.clock.steady(), retry_after);
    run_.ledger.tell_slow_down();
    notices_.tell(Notice::Kind::slowed, held, "the gateway asks to slow down");
  }
  const UtcTime now = run_.clock.utc();
  take(slot, answer, parsed, now);
  if (verdict == Verdict::unrecognised && held.task->state != TaskState::unfinished) {
    parsed.links.clear();  // a finished task's links are those of its last final answer
    parsed.looks_finished = false;
  }
  const Step step = steps_.after(held, verdict);
  const bool answered = step == Step::finish || step == Step::poll;
  if (answered) {
    held.failure.clear();
    count_state(run_.tally, held);
  }
  Answer brief = brief_of(parsed, answer.http_status,
                          held.recheck_for != 0 || verdict == Verdict::unrecognised);
  const bool offers_videos = !parsed.links.empty();
  run_.tally.videos_found += is_news && !held.offered ? parsed.links.size() : 0;
  held.offered = held.offered || offers_videos;
  append_answer(held, std::move(answer), std::move(parsed), now,
                step == Step::finish || step == Step::give_up);
  if (offers_videos) {
    last_offer_ = last_ticket_;
  }
  tell_oddities(held, brief, answered);
  if (held.recheck_for != 0 && step != Step::retry) {
    steps_.end_recheck(slot, {held.recheck_for, std::move(brief.links), answered, last_ticket_});
  } else {
    steps_.take(slot, step, retry_after, brief.message);
  }
}

// Applies the answer to the held task.
void AnswerRecords::take(std::size_t slot, const QueryAnswer& answer, const Answer& parsed,
                         UtcTime now) {
  HeldTask& held = window_[slot];
  TaskRecord& task = *held.task;
  const TaskStanding after =
      fold({task.state, task.not_found}, {parsed.verdict, run_.plan.run, now});
  task.state = after.state;
  task.not_found = after.not_found;
  if (parsed.facts.submit_time) {
    task.submit_time = parsed.facts.submit_time;
  }
  if (is_final(parsed.verdict)) {
    task.settles_at = settles_at({now, answer.date, parsed.facts.finish_time}, task.settles_at);
  } else if (adds_nothing(parsed.verdict) && task.settles_at && *task.settles_at <= now) {
    task.settles_at.reset();
  }
  if (parsed.live_fetch) {
    held.live_fetch = true;
    window_.note_live_fetch(slot, run_.clock.steady());
  }
}

void AnswerRecords::count_answer(const Answer& parsed, int http_status) {
  const Verdict verdict = parsed.verdict;
  std::string kind =
      http_status == 200 ? std::string(name(verdict)) : "http_" + std::to_string(http_status);
  std::replace(kind.begin(), kind.end(), ' ', '_');
  if (verdict == Verdict::throttled) {
    ++run_.tally.errors[kind];
    health_.throttled(kind);
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
    ++run_.tally.errors[kind];
  }
  health_.went_well();
  pace_.went_well(run_.clock.steady());
}

void AnswerRecords::count_failure(const std::string& kind) {
  ++run_.tally.errors[kind];
  health_.failed(kind);
}

void AnswerRecords::slow_when_overloaded() {
  if (health_.is_overloaded()) {
    pace_.slow_down(run_.clock.steady(), std::nullopt);
    run_.ledger.tell_slow_down();
    notices_.tell(Notice::Kind::slowed, "five failures in a row; the whole run slows down");
  }
}

void AnswerRecords::tell_oddities(HeldTask& held, const Answer& answer, bool answered) {
  if (answered && answer.verdict == Verdict::unrecognised && !held.unrecognised) {
    held.unrecognised = true;
    ++run_.tally.unrecognised;
    notices_.unrecognised(held, answer);
  }
  if (answer.videos_without_link > 0 && held.recheck_for == 0 && !held.told_unreachable) {
    held.told_unreachable = true;
    run_.tally.videos_failed += static_cast<std::uint64_t>(answer.videos_without_link);
    notices_.unreachable_videos(held, answer);
  }
  if (answer.verdict == Verdict::wrong_task && !std::exchange(held.told_wrong_task, true)) {
    notices_.tell(Notice::Kind::flagged, held, "the answer names another task; kept, not used");
  }
}

void AnswerRecords::append_answer(HeldTask& held, QueryAnswer&& answer, Answer&& parsed,
                                  UtcTime now, bool settled) {
  const TaskRecord& task = *held.task;
  if (answer.body.size() >= kLargeBody) {
    run_.ledger.flush();  // otherwise large bodies would pile up in the queue
  }
  Entry one;  // filled where it is: an entry has dozens of texts, and moving them costs
  auto& entry = one.emplace<AnswerEntry>();
  entry.task = task.key;
  entry.observed_at = now;
  entry.http_status = answer.http_status;
  entry.body = std::move(answer.body);
  entry.is_final = is_final(parsed.verdict);
  entry.answer = std::move(parsed);
  entry.state = task.state;
  entry.not_found = task.not_found;
  entry.settled = settled;
  // For a video the task is held a second time, after its first answer.
  entry.is_first = !std::exchange(held.recorded, true) && held.recheck_for == 0 && !task.last_query;
  if (entry.is_final) {
    entry.settles_at = task.settles_at;
  }
  appended(run_.ledger.append(std::move(one)));
}

void AnswerRecords::appended(Ticket ticket) {
  assert(ticket > last_ticket_);
  last_ticket_ = ticket;
}

void AnswerRecords::record_failure(std::size_t slot, const TransportFailure& failure) {
  HeldTask& held = window_[slot];
  notices_.request(held, failure.text);
  if (failure.kind == TransportFailure::kNoRoom) {
    steps_.retry_for_room(slot);
    return;
  }
  held.alone = true;  // another connection of the same age may be broken, too
  count_failure(failure.kind);
  slow_when_overloaded();
  if (steps_.may_go_on(held)) {
    steps_.retry(slot, std::nullopt, failure.text);
    return;
  }
  if (held.recheck_for != 0) {
    steps_.end_recheck(slot, {.video = held.recheck_for});
    return;
  }
  appended(run_.ledger.append(SettleEntry{held.task->key}));
  steps_.give_up(slot, failure.text);
}

void AnswerRecords::record_unexpected(std::size_t slot, QueryAnswer&& answer,
                                      const std::string& why) {
  if (!window_.is_held(slot)) {
    return;  // the task was already recorded
  }
  HeldTask& held = window_[slot];
  ++run_.tally.errors["unexpected"];
  if (answer.body.empty()) {  // the ledger did not accept it
    appended(run_.ledger.append(SettleEntry{held.task->key}));
  } else {
    append_answer(held, std::move(answer), nothing_taken(), run_.clock.utc(), true);
  }
  if (held.recheck_for != 0) {
    steps_.end_recheck(slot, {.video = held.recheck_for});
    return;
  }
  steps_.give_up(slot, unexpected("dealt with", why));
}

void AnswerRecords::on_unrecorded(const Unrecorded& unrecorded, const AnswerEntry& entry) {
  ++run_.tally.errors["unexpected"];
  const std::string why = unexpected("recorded", unrecorded.why);
  if (const auto slot = window_.find(entry.task)) {  // a later answer may be recorded
    window_[*slot].failure = why;
    return;
  }
  ++run_.tally.not_answered;
  notices_.tell(Notice::Kind::not_answered, unrecorded.task_id, unrecorded.account, why);
}

}  // namespace core
