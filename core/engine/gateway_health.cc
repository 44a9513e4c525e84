#include "core/engine/gateway_health.h"

#include <utility>

#include "core/domain/lifecycle.h"
#include "core/gateway/api.h"

namespace core {
namespace {

constexpr int kUnauthorised = 401;
constexpr int kFailuresInARow = 5;  // then the whole run slows down (design.md, section 1)

bool tells_of_a_task(Verdict verdict) {
  return is_final(verdict) || adds_nothing(verdict) || verdict == Verdict::wrong_task;
}

}  // namespace

GatewayHealth::GatewayHealth(const RunPlan& plan, const Clock& clock)
    : plan_(plan), clock_(clock), last_good_(clock.steady()) {}

// ---- answers

GatewayHealth::Ruling GatewayHealth::hear(const Heard& heard) {
  const Verdict verdict = heard.answer.verdict;
  if (verdict == Verdict::throttled || verdict == Verdict::server_error) {
    return Ruling::as_it_stands;  // it says nothing about key or address
  }
  if (verdict == Verdict::forbidden) {
    return rule_on_forbidden(heard);
  }
  if (verdict == Verdict::unauthorised) {
    want_key(heard);
  }
  base_is_right_ = base_is_right_ || tells_of_a_task(verdict);
  if (probe_.answers < kProbeAnswers) {
    ++probe_.answers;
    probe_.invalid_url += verdict == Verdict::invalid_url ? 1 : 0;
    probe_.web_page += heard.http_status == 200 && is_web_page(heard.body) ? 1 : 0;
    judge_probe(false);
  }
  return verdict == Verdict::invalid_url ? rule_on_invalid_url() : Ruling::as_it_stands;
}

GatewayHealth::Ruling GatewayHealth::hear_again(const Heard& heard) {
  return heard.answer.verdict == Verdict::forbidden ? rule_on_forbidden(heard)
                                                    : rule_on_invalid_url();
}

// With a key that has a list of models a gateway refuses an ID that it does not know, since it
// finds no model to look for in the list (gateway.md G4).
GatewayHealth::Ruling GatewayHealth::rule_on_forbidden(const Heard& heard) {
  const auto key = keys_.find(heard.account);
  if (key == keys_.end() && !no_more_answers_) {
    want_key(heard);
    return Ruling::not_yet;
  }
  const bool unknown_id =
      has_model_list(heard.account) && !heard.task_is_known && heard.answer.code != kAccessDenied;
  if (!unknown_id && rejection_.http_status != kUnauthorised) {
    rejecting_account_ = heard.account;
    rejection_ = {.http_status = heard.http_status,
                  .access_denied = heard.answer.code == kAccessDenied,
                  .message = "every task was forbidden (HTTP 403)"};
  }
  if (probe_.answers < kProbeAnswers) {
    ++probe_.answers;
    probe_.forbidden += unknown_id ? 0 : 1;
    judge_probe(false);
  }
  return unknown_id ? Ruling::not_found : Ruling::as_it_stands;
}

// One of an ID that the gateway cannot route, or of a base URL that is none: others tell.
GatewayHealth::Ruling GatewayHealth::rule_on_invalid_url() const {
  if (base_is_right_) {
    return Ruling::not_found;
  }
  return verdict_ || no_more_answers_ ? Ruling::as_it_stands : Ruling::not_yet;
}

void GatewayHealth::no_more_answers() {
  no_more_answers_ = true;
  if (rejection_.http_status == kUnauthorised) {
    reject_key();
  }
  judge_probe(true);
}

void GatewayHealth::judge_probe(bool last) {
  const bool enough = probe_.answers >= kProbeAnswers || (last && probe_.answers >= 2);
  if (!enough || verdict_) {
    return;
  }
  if (probe_.forbidden == probe_.answers) {
    reject_key();
  } else if (probe_.invalid_url == probe_.answers) {
    verdict_ = RunResult{.end = RunEnd::wrong_base_url,
                         .reason = "the gateway knows no such address (HTTP 404, Invalid URL)"};
  } else if (probe_.web_page == probe_.answers) {
    verdict_ = RunResult{
        .end = RunEnd::wrong_base_url,
        .reason =
            "every answer is a web page (HTTP 200), as if for a browser and not for a program"};
  }
}

// ---- keys

void GatewayHealth::want_key(const Heard& heard) {
  const bool ends_the_run = heard.answer.verdict == Verdict::unauthorised;
  if (ends_the_run) {
    rejecting_account_ = heard.account;
    rejection_ = {.http_status = heard.http_status, .message = heard.answer.message};
  }
  if (keys_.contains(heard.account)) {
    if (ends_the_run) {
      reject_key();
    }
  } else if (!awaits_key()) {
    key_to_ask_ = heard.account;
  }
}

void GatewayHealth::asking_key() { key_asked_ = std::exchange(key_to_ask_, std::nullopt); }

void GatewayHealth::hear_of_key(const QueryAnswer* answer) {
  const int account = *std::exchange(key_asked_, std::nullopt);
  keys_[account] =
      answer == nullptr
          ? KeyStanding{}
          : read_key_standing(answer->http_status,
                              answer->body_without_key ? *answer->body_without_key : answer->body);
  if (rejection_.http_status != kUnauthorised) {
    return;
  }
  if (rejecting_account_ == account) {
    reject_key();
  } else {
    key_to_ask_ = rejecting_account_;
  }
}

bool GatewayHealth::has_model_list(int account) const {
  const auto key = keys_.find(account);
  return key != keys_.end() && key->second.has_model_list;
}

void GatewayHealth::reject_key() {
  if (!verdict_) {
    const auto key = keys_.find(rejecting_account_);
    verdict_ = RunResult{.end = RunEnd::key_rejected,
                         .reason = why_rejected(key == keys_.end() ? KeyStanding{} : key->second,
                                                rejection_, clock_.utc())};
  }
}

// ---- outages

void GatewayHealth::went_well() {
  failures_in_a_row_ = 0;
  failures_for_rate_ = 0;
  last_good_ = clock_.steady();
}

// A run that waits outlives an outage: the rate has fallen to one query a second by then.
void GatewayHealth::failed(const std::string& kind) {
  ++failures_in_a_row_;
  if (failures_in_a_row_ >= kOutageFailures && clock_.steady() - last_good_ >= kOutageTime &&
      !verdict_ && !plan_.wait) {
    verdict_ = RunResult{.end = RunEnd::outage,
                         .reason = "the gateway has given no good answer for " +
                                   std::to_string(kOutageTime.count()) + " s (" + kind + ")"};
  }
}

bool GatewayHealth::is_overloaded() {
  if (++failures_for_rate_ < kFailuresInARow) {
    return false;
  }
  failures_for_rate_ = 0;
  return true;
}

}  // namespace core
