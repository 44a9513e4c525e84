// The queries of a run: which tasks are asked when, and what each answer leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "core/engine/gateway_health.h"
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

/// Owned and driven by the engine, on its thread.
class QueryLane {
 public:
  QueryLane(const RunContext& run, Transport& transport);

  /// Takes more tasks from the ledger while the window has room.
  void admit();
  /// Starts what is due, as far as slots, the rate and the ledger's room allow.
  void start_due();
  void settle(std::uint64_t token, QueryAnswer&& answer);
  void settle(std::uint64_t token, const TransportFailure& failure);
  /// What the ledger could not record of an answer.
  void hear_of(const Unrecorded& unrecorded, const AnswerEntry& entry);

  /// Asks a task again for the sake of a video; the outcome comes by `take_rechecks`.
  void recheck(TaskRecord task, std::uint64_t video);
  [[nodiscard]] std::vector<Recheck> take_rechecks() { return steps_.take_rechecks(); }

  /// When something becomes due next; SteadyTime::max() when only a completion can move the lane.
  [[nodiscard]] SteadyTime next_due();
  /// Whether there is nothing in the window or left in the ledger, and no key to be asked about.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::size_t in_flight() const { return pace_.in_flight(); }
  /// The run must end: the key is rejected, the base URL wrong, the gateway down.
  [[nodiscard]] const std::optional<RunResult>& verdict() const { return health_.verdict(); }
  /// The newest answer that was appended and offers videos: they can be paged once it is committed.
  [[nodiscard]] Ticket last_offer() const { return answers_.records().last_offer(); }

  /// At the run's end, first: records the answers whose meaning did not show. They say no more.
  void rule_on_the_rest() { answers_.rule_on_the_rest(); }
  /// Then, with all of that committed: counts what was never answered. `cut`: by a deadline, not by
  /// bad luck.
  void close(bool cut);

 private:
  void start(std::size_t slot, SteadyTime now);
  void keep_pace_with_crew(SteadyTime now);

  RunContext run_;
  Transport& transport_;
  TaskWindow window_;
  QueryNotices notices_;
  GatewayHealth health_;
  QueryPace pace_;
  std::uint64_t crew_slow_downs_ = 0;  // that this run has followed
  TaskFeed feed_;
  TaskSteps steps_;
  QueryAnswers answers_;
};

}  // namespace core
