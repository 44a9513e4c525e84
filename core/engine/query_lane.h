// The queries of a run: when each task is queried, and the consequences of each answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/engine/gateway_health.h"
#include "core/engine/listed_answers.h"
#include "core/engine/query_answers.h"
#include "core/engine/query_notices.h"
#include "core/engine/query_pace.h"
#include "core/engine/run_context.h"
#include "core/engine/task_feed.h"
#include "core/engine/task_steps.h"
#include "core/engine/task_window.h"
#include "core/engine/transport.h"
#include "core/ledger/ledger.h"

namespace core {

/// Owned by the engine; used on its thread.
class QueryLane {
 public:
  QueryLane(const RunContext& run, Transport& transport);

  /// Takes more tasks from the ledger while the window has room.
  void admit();
  /// Starts due queries, as far as free slots, the rate and the ledger's room allow.
  void start_due();
  /// See Engine::take_listed.
  [[nodiscard]] std::size_t take_listed(int account, std::vector<ListedAnswer>&& page) {
    return listed_.take(account, std::move(page));
  }
  /// Before the first `admit`.
  void commit_listed() { listed_.commit(); }
  void settle(std::uint64_t token, QueryAnswer&& answer);
  void settle(std::uint64_t token, const TransportFailure& failure);
  /// Handles an answer that the ledger could not record.
  void on_unrecorded(const Unrecorded& unrecorded, const AnswerEntry& entry);

  /// Queries a task again for a video; the result comes from `take_rechecks`.
  void recheck(TaskRecord task, std::uint64_t video);
  [[nodiscard]] std::vector<Recheck> take_rechecks() { return steps_.take_rechecks(); }

  /// When the next query is due; SteadyTime::max() if the lane must wait for a completion.
  [[nodiscard]] SteadyTime next_due();
  /// Whether no task is in the window or left in the ledger, and no key is to be queried.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::size_t in_flight() const { return pace_.in_flight(); }
  /// Set if the run must end: the key is rejected, the base URL is wrong, or the gateway is down.
  [[nodiscard]] const std::optional<RunResult>& verdict() const { return health_.verdict(); }
  /// See GatewayHealth.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& in_vain() const {
    return health_.in_vain();
  }
  /// The latest appended answer with videos: once it is committed, a page contains them.
  [[nodiscard]] Ticket last_offer() const { return answers_.records().last_offer(); }

  /// First step at the end of the run: records the undecided answers at their face value.
  void rule_on_the_rest() { answers_.rule_on_the_rest(); }
  /// Second step, once all that is committed: counts the tasks without an answer. `cut`: a deadline
  /// ended the run, not a failure.
  void close(bool cut);

 private:
  void start(std::size_t slot, SteadyTime now);

  RunContext run_;
  Transport& transport_;
  TaskWindow window_;
  QueryNotices notices_;
  GatewayHealth health_;
  QueryPace pace_;
  TaskFeed feed_;
  TaskSteps steps_;
  QueryAnswers answers_;
  ListedAnswers listed_;
};

}  // namespace core
