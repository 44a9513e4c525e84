#include "core/engine/query_answers.h"

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "core/domain/lifecycle.h"
#include "core/error.h"
#include "core/gateway/api.h"

namespace core {
namespace {

// Whether an answer is final, and may not belong to this query.
bool may_be_stray(const TaskRecord& task, const Answer& parsed, std::int64_t run, UtcTime now) {
  switch (parsed.verdict) {
    case Verdict::succeeded:
    case Verdict::failed:
      return !parsed.names_task;
    case Verdict::unauthorised:
      return true;
    case Verdict::not_found:
      return fold({task.state, task.not_found}, {parsed.verdict, run, now}).state ==
             TaskState::missing;
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

GatewayHealth::Observation observed(const TaskRecord& task, const QueryAnswer& answer,
                                    const Answer& parsed) {
  return {
      .answer = parsed,
      .http_status = answer.http_status,
      .body = answer.readable_body(),
      .account = task.account,
      .task_is_known = task.submit_time || task.live_fetch || task.state != TaskState::unfinished};
}

}  // namespace

QueryAnswers::QueryAnswers(const RunContext& run, QueryNotices& notices, TaskWindow& window,
                           GatewayHealth& health, QueryPace& pace, TaskSteps& steps)
    : run_(run),
      notices_(notices),
      window_(window),
      health_(health),
      steps_(steps),
      records_(run, notices, window, health, pace, steps) {}

void QueryAnswers::settle(std::size_t slot, QueryAnswer&& answer) {
  guard(slot, answer, [&] { parse_and_rule(slot, std::move(answer)); });
}

template <typename Act>
void QueryAnswers::guard(std::size_t slot, QueryAnswer& answer, const Act& act) {
  try {
    act();
  } catch (const Error&) {
    throw;  // the ledger failed, which ends the run
  } catch (const std::exception& failure) {
    records_.record_unexpected(slot, std::move(answer), failure.what());
  }
}

void QueryAnswers::parse_and_rule(std::size_t slot, QueryAnswer&& answer) {
  HeldTask& held = window_[slot];
  // The ledger stores the raw text, and links are later read from it again.
  Answer parsed = parse_answer(answer.http_status, answer.body, held.task->id);
  hide_key(parsed, answer.key_in_body);
  if (answer.kept_connection && may_be_stray(*held.task, parsed, run_.plan.run, run_.clock.utc())) {
    notices_.request(held, "HTTP " + std::to_string(answer.http_status) +
                               ", names no task; queried again over a new connection");
    steps_.retry_alone(slot);
    return;
  }
  held.alone = parsed.verdict == Verdict::wrong_task;
  notices_.request(held, answer, parsed.verdict);
  const auto ruling = health_.rule(observed(*held.task, answer, parsed));
  const std::size_t open_max = kOpenMax + static_cast<std::size_t>(run_.plan.concurrency);
  if (ruling == GatewayHealth::Ruling::not_yet && open_.size() < open_max) {
    open_.push_back({slot, std::move(answer), std::move(parsed)});
    return;
  }
  records_.record(slot, std::move(answer), std::move(parsed),
                  ruling == GatewayHealth::Ruling::not_found);
}

bool QueryAnswers::settle_listed(std::size_t slot, QueryAnswer&& answer) {
  const TaskRecord& task = *window_[slot].task;
  Answer parsed = parse_answer(answer.http_status, answer.body, task.id);
  if (!ends_queries(task, parsed)) {
    return false;
  }
  parsed.code = kFromList;
  guard(slot, answer, [&] { records_.record(slot, std::move(answer), std::move(parsed), false); });
  return true;
}

// Whether the run does not query the task again after this answer.
bool QueryAnswers::ends_queries(const TaskRecord& task, const Answer& parsed) const {
  if (!run_.plan.wait) {
    return parsed.verdict == Verdict::unfinished || is_final(parsed.verdict);
  }
  return is_final(parsed.verdict) && !settles_at({.received_at = run_.clock.utc(),
                                                  .server_time = std::nullopt,
                                                  .finish_time = parsed.facts.finish_time},
                                                 task.settles_at);
}

void QueryAnswers::rule_on_open() {
  for (OpenAnswer& one : std::exchange(open_, {})) {
    const auto ruling =
        health_.rule_again(observed(*window_[one.slot].task, one.answer, one.parsed));
    if (ruling == GatewayHealth::Ruling::not_yet) {
      open_.push_back(std::move(one));
    } else {
      guard(one.slot, one.answer, [&] {
        records_.record(one.slot, std::move(one.answer), std::move(one.parsed),
                        ruling == GatewayHealth::Ruling::not_found);
      });
    }
  }
}

void QueryAnswers::rule_on_the_rest() {
  health_.no_more_answers();
  rule_on_open();
}

}  // namespace core
