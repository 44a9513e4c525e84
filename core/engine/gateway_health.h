// What all answers of a run together say about the gateway, the keys and the base URL.
#pragma once

#include <cstdint>
#include <map>
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

/// Pure except for the clock: receives answers, and decides what they mean for the run. One thread.
class GatewayHealth {
 public:
  /// The first answers decide whether keys and base URL are right (design.md, section 1).
  static constexpr int kProbeAnswers = 10;

  /// An answer about a task.
  struct Observation {
    const Answer& answer;
    int http_status = 0;
    std::string_view body;
    int account = 0;
    bool task_is_known = false;  ///< the task had an answer before
  };
  enum class Ruling {
    as_it_stands,
    not_found,  ///< the gateway does not know, or cannot route, the ID
    not_yet,    ///< undecided: call rule_again after each further answer
  };

  GatewayHealth(const RunPlan& plan, const Clock& clock);

  /// Counts an answer about a task, and decides its meaning.
  [[nodiscard]] Ruling rule(const Observation& observation);
  /// Tries again to decide on an undecided answer.
  [[nodiscard]] Ruling rule_again(const Observation& observation);
  /// No further answers will come: undecided ones are taken at their face value, and fewer than
  /// kProbeAnswers are enough for a verdict.
  void no_more_answers();

  [[nodiscard]] KeyInquiry& keys() { return keys_; }
  [[nodiscard]] const KeyInquiry& keys() const { return keys_; }
  /// The answer to the query about a key; null if there was none.
  void settle_key(const QueryAnswer* answer);

  void went_well() {
    outage_.went_well(clock_.steady());
    in_vain_.clear();
  }
  /// A query had no usable answer; `kind` is one word, as in RunTally::errors.
  void failed(const std::string& kind);
  /// The gateway asked for fewer queries: no outage, but no usable answer either.
  void throttled(const std::string& kind) { ++in_vain_[kind]; }
  /// The queries without a usable answer since the last one that had one, by kind. For progress.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& in_vain() const { return in_vain_; }
  /// See OutageWatch.
  [[nodiscard]] bool is_overloaded() { return outage_.is_overloaded(); }

  /// Set if the run must end: a key is rejected, the base URL is wrong, or the gateway is down.
  [[nodiscard]] const std::optional<RunResult>& verdict() const { return verdict_; }

 private:
  struct Probe {
    int answers = 0;
    int forbidden = 0;
    int invalid_url = 0;
    int web_page = 0;
    bool answered_task = false;  // so the base URL is right
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
  Rejection rejection_;  // the latest answer that rejects a key; a 401 is kept
  OutageWatch outage_;
  std::map<std::string, std::uint64_t> in_vain_;
  std::optional<RunResult> verdict_;
};

}  // namespace core
