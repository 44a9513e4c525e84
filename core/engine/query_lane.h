// The queries of a run: a bounded window of tasks, and what each answer leads to.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/lifecycle.h"
#include "core/engine/gateway_health.h"
#include "core/engine/rate_limiter.h"
#include "core/engine/run_plan.h"
#include "core/engine/task_window.h"
#include "core/engine/transport.h"
#include "core/ledger/ledger.h"

namespace core {

/// A task asked again because a video's link was refused, and what came of it.
struct Recheck {
  std::uint64_t video = 0;       ///< the download lane's own token
  std::vector<VideoLink> links;  ///< of the fresh answer; empty when it is no success
  bool answered = false;
  Ticket ticket = 0;  ///< the links may be used once this is committed
};

/// Owned and driven by the engine, on its thread.
class QueryLane {
 public:
  /// Tasks held in memory at once. Those beyond it stay in the ledger and are swept up again.
  static constexpr std::size_t kWindow = 4096;
  static constexpr std::size_t kPage = 1024;
  /// Tasks in trouble that went back to the ledger; beyond these a run gives up, though it waits.
  static constexpr std::size_t kTroubledMax = 65'536;
  /// Answers whose meaning shows later, beside those that were in flight when it was sought; beyond
  /// these they stand as they are.
  static constexpr std::size_t kUnruledMax = 64;

  QueryLane(const RunPlan& plan, Ledger& ledger, Transport& transport, const Clock& clock,
            RunTally& tally, const Notify& notify);

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
  [[nodiscard]] std::vector<Recheck> take_rechecks();

  /// When something becomes due next; SteadyTime::max() when only a completion can move the lane.
  [[nodiscard]] SteadyTime next_due();
  /// Whether there is nothing in the window or left in the ledger, and no key to be asked about.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  /// The run must end: the key is rejected, the base URL wrong, the gateway down.
  [[nodiscard]] const std::optional<RunResult>& verdict() const { return health_.verdict(); }
  /// The newest answer that was appended and offers videos: they can be paged once it is committed.
  [[nodiscard]] Ticket last_offer() const { return last_offer_; }

  /// At the run's end, first: records the answers whose meaning did not show. They say no more.
  void rule_on_the_rest();
  /// Then, with all of that committed: counts what was never answered. `cut`: by a deadline, not by
  /// bad luck.
  void close(bool cut);

 private:
  // Of the query for a key; no task's, and no video's.
  static constexpr std::uint64_t kKeyToken = std::numeric_limits<std::uint64_t>::max();

  // An answer that is not recorded yet, since others must tell first what it means.
  struct Unruled {
    std::size_t slot;
    QueryAnswer answer;
    Answer parsed;
  };

  void admit(TaskRecord&& task);
  [[nodiscard]] std::chrono::milliseconds pause_before(const TaskRecord& task, bool polled) const;
  [[nodiscard]] bool leave_to_next_run(const TaskRecord& task);
  [[nodiscard]] bool sweep_again();
  [[nodiscard]] bool window_is_wanted() const;
  void queue(std::size_t slot, SteadyTime when);
  void start(std::size_t slot, SteadyTime now);
  void ask_about_key();

  template <typename Act>
  void guard(std::size_t slot, QueryAnswer& answer, const Act& act);
  void hear(std::size_t slot, QueryAnswer&& answer);
  [[nodiscard]] GatewayHealth::Heard heard(std::size_t slot, const QueryAnswer& answer,
                                           const Answer& parsed) const;
  void rule_again();
  void record(std::size_t slot, QueryAnswer&& answer, Answer&& parsed, bool not_found);
  void take(std::size_t slot, const QueryAnswer& answer, const Answer& parsed);
  [[nodiscard]] Step next_step(std::size_t slot, Verdict verdict) const;
  void count_answer(const Answer& parsed, int http_status);
  void count_state(HeldTask& held);
  void append(std::size_t slot, QueryAnswer&& answer, Answer&& parsed, bool settled);
  void follow(std::size_t slot, Step step, const Answer& answer,
              std::optional<std::chrono::milliseconds> retry_after);
  void tell_of_model_list();
  void tell_oddities(std::size_t slot, const Answer& answer, bool answered);
  void tell_unreachable(std::size_t slot, const Answer& answer);
  void poll_later(std::size_t slot);
  [[nodiscard]] bool may_be_strays(std::size_t slot, const Answer& parsed) const;
  void ask_alone(std::size_t slot, const QueryAnswer& answer);
  [[nodiscard]] double random_unit();
  void retry(std::size_t slot, std::optional<std::chrono::milliseconds> retry_after,
             const std::string& why);
  void outlive(std::size_t slot, const std::string& why);
  void give_up(std::size_t slot, const std::string& why);
  void give_up_unexpectedly(std::size_t slot, QueryAnswer&& answer, const std::string& why);
  void end_recheck(std::size_t slot, Recheck recheck);
  void count_failure(const std::string& kind);
  void slow_when_overloaded();
  void note_live_fetch(const HeldTask& held);
  [[nodiscard]] bool is_stale(const TaskRecord& task) const;
  [[nodiscard]] bool may_retry(const HeldTask& held) const;
  [[nodiscard]] bool outlives_trouble(const HeldTask& held) const;
  void count_unswept();
  void tell(Notice::Kind kind, std::size_t slot, std::string text) const;
  void tell_unrecognised(std::size_t slot, const Answer& answer) const;
  void tell_request(std::size_t slot, const QueryAnswer& answer, Verdict verdict) const;
  void tell_request(std::size_t slot, const std::string& outcome) const;

  const RunPlan& plan_;
  Ledger& ledger_;
  Transport& transport_;
  const Clock& clock_;
  RunTally& tally_;
  const Notify& notify_;
  GatewayHealth health_;
  RateLimiter limiter_;
  std::mt19937_64 random_;

  TaskWindow window_;
  std::size_t in_flight_ = 0;
  std::vector<Unruled> unruled_;

  TaskKey cursor_ = 0;    // the last task taken from the ledger in this sweep
  bool swept_ = false;    // the ledger had no more after cursor_
  bool evicted_ = false;  // tasks went back to the ledger for want of room
  bool sweeping_again_ = false;
  std::map<TaskKey, SteadyTime> troubled_;  // of those the ones in trouble, and when they are due
  Ticket last_ticket_ = 0;
  Ticket last_offer_ = 0;

  std::vector<Recheck> rechecks_;
  std::map<TaskKey, SteadyTime> live_fetches_;  // when each was last asked; those of a while ago go
  bool told_of_model_list_ = false;
};

}  // namespace core
