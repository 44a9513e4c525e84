// What the answers of a run tell of the gateway, the keys and the base URL as a whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/domain/task.h"
#include "core/engine/run_plan.h"
#include "core/engine/transport.h"
#include "core/gateway/key_standing.h"

namespace core {

/// Pure but for the clock: it is told of answers, and says what they mean for the run. One thread.
class GatewayHealth {
 public:
  /// The first answers decide whether keys and base URL are right at all (design.md, section 1).
  static constexpr int kProbeAnswers = 10;
  /// After this many failures in a row (5xx or no answer) and this long without one good answer
  /// the gateway is down, and asking on would only add load.
  static constexpr int kOutageFailures = 100;
  static constexpr std::chrono::seconds kOutageTime{60};

  struct Heard {
    const Answer& answer;
    int http_status = 0;
    std::string_view body;
    int account = 0;
    bool task_is_known = false;  ///< the gateway has told of this task before
  };
  enum class Ruling {
    as_it_stands,
    not_found,  ///< the gateway refuses, or cannot route, an ID that it does not know
    not_yet,    ///< other answers are needed first: ask again after each of them
  };

  GatewayHealth(const RunPlan& plan, const Clock& clock);

  /// Counts an answer about a task, and rules on it.
  [[nodiscard]] Ruling hear(const Heard& heard);
  /// Rules again on one that it could not rule on.
  [[nodiscard]] Ruling hear_again(const Heard& heard);
  /// No answer will come any more: what is open stays as it stands, and fewer than kProbeAnswers
  /// have to do.
  void no_more_answers();

  /// The account whose key is to be asked about now (kKeyUsagePath), each once; until the answer
  /// is there no task is to be asked.
  [[nodiscard]] std::optional<int> key_to_ask() const { return key_to_ask_; }
  void asking_key();
  [[nodiscard]] bool awaits_key() const { return key_to_ask_ || key_asked_; }
  /// None: no answer came.
  void hear_of_key(const QueryAnswer* answer);
  [[nodiscard]] bool has_model_list(int account) const;

  void went_well();
  /// No answer, or none that can be used; `kind` is one word, as in RunTally::errors.
  void failed(const std::string& kind);
  /// Counts a failure that comes of load. True for each fifth in a row: the run is to slow down.
  [[nodiscard]] bool is_overloaded();

  /// The run must end: a key is rejected, the base URL wrong, the gateway down.
  [[nodiscard]] const std::optional<RunResult>& verdict() const { return verdict_; }

 private:
  struct Probe {
    int answers = 0;
    int forbidden = 0;
    int invalid_url = 0;
    int web_page = 0;
  };

  [[nodiscard]] Ruling rule_on_forbidden(const Heard& heard);
  [[nodiscard]] Ruling rule_on_invalid_url() const;
  void want_key(const Heard& heard);
  void judge_probe(bool last);
  void reject_key();

  const RunPlan& plan_;
  const Clock& clock_;
  Probe probe_;
  bool base_is_right_ = false;  // a task was told of
  bool no_more_answers_ = false;
  std::map<int, KeyStanding> keys_;  // by account
  std::optional<int> key_to_ask_;
  std::optional<int> key_asked_;
  int rejecting_account_ = 0;
  Rejection rejection_;  // the newest answer that rejects a key; a 401 stays
  int failures_in_a_row_ = 0;
  int failures_for_rate_ = 0;
  SteadyTime last_good_;
  std::optional<RunResult> verdict_;
};

}  // namespace core
