// Records the answers to a run's queries, and moves their tasks to the next step.
#pragma once

#include <cstddef>
#include <string>

#include "core/engine/gateway_health.h"
#include "core/engine/query_notices.h"
#include "core/engine/query_pace.h"
#include "core/engine/run_context.h"
#include "core/engine/task_steps.h"
#include "core/engine/task_window.h"
#include "core/engine/transport.h"
#include "core/ledger/ledger.h"

namespace core {

/// Applies one answer to the task, the tally, the pace and the ledger, then takes the task's next
/// step. One thread.
class AnswerRecords {
 public:
  AnswerRecords(const RunContext& run, QueryNotices& notices, TaskWindow& window,
                GatewayHealth& health, QueryPace& pace, TaskSteps& steps);

  /// `not_found`: the answer refuses the ID because the gateway does not know it.
  void record(std::size_t slot, QueryAnswer&& answer, Answer&& parsed, bool not_found);
  /// Handles an exception while an answer was recorded. It must affect only this task: otherwise
  /// every later run would end at the same answer. Whatever can be stored of the answer is stored.
  void record_unexpected(std::size_t slot, QueryAnswer&& answer, const std::string& why);
  void record_failure(std::size_t slot, const TransportFailure& failure);
  /// Handles an answer that the ledger could not record.
  void on_unrecorded(const Unrecorded& unrecorded, const AnswerEntry& entry);

  /// The ticket of the latest entry.
  [[nodiscard]] Ticket last_ticket() const { return last_ticket_; }
  /// The ticket of the latest answer with videos.
  [[nodiscard]] Ticket last_offer() const { return last_offer_; }

 private:
  void take(std::size_t slot, const QueryAnswer& answer, const Answer& parsed, UtcTime now);
  void count_answer(const Answer& parsed, int http_status);
  void count_failure(const std::string& kind);
  void slow_when_overloaded();
  void tell_oddities(HeldTask& held, const Answer& answer, bool answered);
  void append_answer(HeldTask& held, QueryAnswer&& answer, Answer&& parsed, UtcTime now,
                     bool settled);
  void appended(Ticket ticket);

  RunContext run_;
  QueryNotices& notices_;
  TaskWindow& window_;
  GatewayHealth& health_;
  QueryPace& pace_;
  TaskSteps& steps_;
  Ticket last_ticket_ = 0;
  Ticket last_offer_ = 0;
};

}  // namespace core
