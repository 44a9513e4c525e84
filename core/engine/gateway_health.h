// What the answers of a run tell of the gateway, the keys and the base URL as a whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/engine/key_inquiry.h"
#include "core/engine/outage_watch.h"
#include "core/engine/run_plan.h"
#include "core/engine/transport.h"
#include "core/gateway/key_standing.h"

namespace core {

/// Pure but for the clock: it is told of answers, and says what they mean for the run. One thread.
class GatewayHealth {
 public:
  /// The first answers decide whether keys and base URL are right at all (design.md, section 1).
  static constexpr int kProbeAnswers = 10;

  /// An answer about a task.
  struct Observation {
    const Answer& answer;
    int http_status = 0;
    std::string_view body;
    int account = 0;
    bool task_is_known = false;  ///< an earlier answer told of this task
  };
  enum class Ruling {
    as_it_stands,
    not_found,  ///< the gateway refuses, or cannot route, an ID that it does not know
    not_yet,    ///< other answers are needed first: ask again after each of them
  };

  GatewayHealth(const RunPlan& plan, const Clock& clock);

  /// Counts an answer about a task, and rules on it.
  [[nodiscard]] Ruling rule(const Observation& observation);
  /// Rules again on one that it could not rule on.
  [[nodiscard]] Ruling rule_again(const Observation& observation);
  /// No answer will come any more: what is open stays as it stands, and fewer than kProbeAnswers
  /// have to do.
  void no_more_answers();

  [[nodiscard]] KeyInquiry& keys() { return keys_; }
  [[nodiscard]] const KeyInquiry& keys() const { return keys_; }
  /// The answer about a key; none: no answer came.
  void settle_key(const QueryAnswer* answer);

  void went_well() { outage_.went_well(clock_.steady()); }
  /// No answer, or none that can be used; `kind` is one word, as in RunTally::errors.
  void failed(const std::string& kind);
  /// As OutageWatch.
  [[nodiscard]] bool is_overloaded() { return outage_.is_overloaded(); }

  /// The run must end: a key is rejected, the base URL wrong, the gateway down.
  [[nodiscard]] const std::optional<RunResult>& verdict() const { return verdict_; }

 private:
  struct Probe {
    int answers = 0;
    int forbidden = 0;
    int invalid_url = 0;
    int web_page = 0;
    bool told_of_task = false;  // so the base URL is right
  };

  [[nodiscard]] Ruling rule_on_forbidden(const Observation& observation);
  [[nodiscard]] Ruling rule_on_invalid_url() const;
  void unauthorised(const Observation& observation);
  void judge_probe(bool last);
  void reject_key();

  const RunPlan& plan_;
  const Clock& clock_;
  Probe probe_;
  bool no_more_answers_ = false;
  KeyInquiry keys_;
  Rejection rejection_;  // the newest answer that rejects a key; a 401 stays
  OutageWatch outage_;
  std::optional<RunResult> verdict_;
};

}  // namespace core
