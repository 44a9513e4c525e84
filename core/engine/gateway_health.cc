#include "core/engine/gateway_health.h"

#include "core/domain/lifecycle.h"
#include "core/gateway/api.h"

namespace core {
namespace {

constexpr int kUnauthorised = 401;

bool is_about_a_task(Verdict verdict) {
  return is_final(verdict) || adds_nothing(verdict) || verdict == Verdict::wrong_task;
}

}  // namespace

GatewayHealth::GatewayHealth(const RunPlan& plan, const Clock& clock)
    : plan_(plan), clock_(clock), outage_(clock.steady()) {}

GatewayHealth::Ruling GatewayHealth::rule(const Observation& observation) {
  const Verdict verdict = observation.answer.verdict;
  if (verdict == Verdict::throttled || verdict == Verdict::server_error) {
    return Ruling::as_it_stands;  // the answer says nothing about key or base URL
  }
  if (verdict == Verdict::forbidden) {
    return rule_on_forbidden(observation);
  }
  if (verdict == Verdict::unauthorised) {
    unauthorised(observation);
  }
  probe_.answered_task = probe_.answered_task || is_about_a_task(verdict);
  if (probe_.answers < kProbeAnswers) {
    ++probe_.answers;
    probe_.invalid_url += verdict == Verdict::invalid_url ? 1 : 0;
    probe_.web_page += observation.http_status == 200 && is_web_page(observation.body) ? 1 : 0;
    judge_probe(false);
  }
  return verdict == Verdict::invalid_url ? rule_on_invalid_url() : Ruling::as_it_stands;
}

GatewayHealth::Ruling GatewayHealth::rule_again(const Observation& observation) {
  return observation.answer.verdict == Verdict::forbidden ? rule_on_forbidden(observation)
                                                          : rule_on_invalid_url();
}

// For a key with a list of models a gateway refuses an unknown ID, because it finds no model to
// look up in the list (gateway.md G4).
GatewayHealth::Ruling GatewayHealth::rule_on_forbidden(const Observation& observation) {
  if (!keys_.is_known(observation.account) && !no_more_answers_) {
    if (!keys_.is_open()) {
      keys_.want(observation.account);
    }
    return Ruling::not_yet;
  }
  const bool unknown_id = keys_.has_model_list(observation.account) && !observation.task_is_known &&
                          observation.answer.code != kAccessDenied;
  if (!unknown_id && rejection_.http_status != kUnauthorised) {
    rejection_ = {.http_status = observation.http_status,
                  .access_denied = observation.answer.code == kAccessDenied,
                  .message = "every task was forbidden (HTTP 403)",
                  .account = observation.account};
  }
  if (probe_.answers < kProbeAnswers) {
    ++probe_.answers;
    probe_.forbidden += unknown_id ? 0 : 1;
    judge_probe(false);
  }
  return unknown_id ? Ruling::not_found : Ruling::as_it_stands;
}

// Either the gateway cannot route this ID, or the base URL is wrong: other answers decide.
GatewayHealth::Ruling GatewayHealth::rule_on_invalid_url() const {
  if (probe_.answered_task) {
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
                         .reason = "the gateway does not know the address (HTTP 404, Invalid URL)"};
  } else if (probe_.web_page == probe_.answers) {
    verdict_ = RunResult{.end = RunEnd::wrong_base_url,
                         .reason = "every answer is a web page for browsers (HTTP 200)"};
  }
}

void GatewayHealth::unauthorised(const Observation& observation) {
  rejection_ = {.http_status = observation.http_status,
                .message = observation.answer.message,
                .account = observation.account};
  if (keys_.is_known(observation.account)) {
    reject_key();
  } else if (!keys_.is_open()) {
    keys_.want(observation.account);
  }
}

void GatewayHealth::settle_key(const QueryAnswer* answer) {
  const int account = keys_.settle(answer);
  if (rejection_.http_status != kUnauthorised) {
    return;
  }
  if (rejection_.account == account) {
    reject_key();
  } else {
    keys_.want(rejection_.account);
  }
}

void GatewayHealth::reject_key() {
  if (!verdict_) {
    verdict_ = RunResult{
        .end = RunEnd::key_rejected,
        .reason = why_rejected(keys_.standing(rejection_.account), rejection_, clock_.utc())};
  }
}

// A run that waits continues through an outage: by then the rate has fallen to one query a second.
void GatewayHealth::failed(const std::string& kind) {
  ++in_vain_[kind];
  if (outage_.failed(clock_.steady()) && !verdict_ && !plan_.wait) {
    verdict_ =
        RunResult{.end = RunEnd::outage,
                  .reason = "the gateway has sent no usable answer for " +
                            std::to_string(OutageWatch::kTime.count()) + " s (" + kind + ")"};
  }
}

}  // namespace core
