// Interprets the answers to a run's queries; some can be interpreted only together with others.
#pragma once

#include <cstddef>
#include <vector>

#include "core/engine/answer_records.h"
#include "core/engine/gateway_health.h"
#include "core/engine/query_notices.h"
#include "core/engine/query_pace.h"
#include "core/engine/run_context.h"
#include "core/engine/task_steps.h"
#include "core/engine/task_window.h"
#include "core/engine/transport.h"

namespace core {

/// Parses each answer and records it, or holds it until GatewayHealth can decide on it. One thread.
class QueryAnswers {
 public:
  /// How many undecided answers are held before queries stop. If more arrive from queries in
  /// flight, they are taken at their face value.
  static constexpr std::size_t kOpenMax = 64;

  QueryAnswers(const RunContext& run, QueryNotices& notices, TaskWindow& window,
               GatewayHealth& health, QueryPace& pace, TaskSteps& steps);

  void settle(std::size_t slot, QueryAnswer&& answer);
  /// Records an entry of the gateway's list of tasks as the answer about the held task, if that
  /// needs no other answer in this run. Returns whether it did; the task is then released, or due
  /// again.
  [[nodiscard]] bool settle_listed(std::size_t slot, QueryAnswer&& answer);
  /// Records the answers that can be decided now: to be called after each answer, also one about a
  /// key.
  void rule_on_open();
  /// Records all undecided answers at their face value: no further answers will come.
  void rule_on_the_rest();
  [[nodiscard]] std::size_t open() const { return open_.size(); }

  [[nodiscard]] AnswerRecords& records() { return records_; }
  [[nodiscard]] const AnswerRecords& records() const { return records_; }

 private:
  // An answer that is not recorded yet.
  struct OpenAnswer {
    std::size_t slot;
    QueryAnswer answer;
    Answer parsed;
  };

  template <typename Act>
  void guard(std::size_t slot, QueryAnswer& answer, const Act& act);
  void parse_and_rule(std::size_t slot, QueryAnswer&& answer);
  [[nodiscard]] bool ends_queries(const TaskRecord& task, const Answer& parsed) const;

  RunContext run_;
  QueryNotices& notices_;
  TaskWindow& window_;
  GatewayHealth& health_;
  TaskSteps& steps_;
  AnswerRecords records_;
  std::vector<OpenAnswer> open_;
};

}  // namespace core
