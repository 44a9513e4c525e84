// The queries of a run: a bounded window of tasks, a queue by due time, and what each answer leads
// to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger.h"
#include "core/lifecycle.h"
#include "core/rate_limiter.h"
#include "core/run_plan.h"
#include "core/transport.h"

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
  /// After this many failures in a row (5xx or no answer) and this long without one good answer
  /// the gateway is down, and asking on would only add load.
  static constexpr int kOutageFailures = 100;
  static constexpr std::chrono::seconds kOutageTime{60};
  /// A task of which each query makes the gateway ask the vendor is asked no more often: a failure
  /// found that way is written without a refund (api.md G2).
  static constexpr std::chrono::seconds kLiveFetchPause{60};

  QueryLane(const RunPlan& plan, Ledger& ledger, Transport& transport, const Clock& clock,
            RunTally& tally, const Notify& notify);

  /// Takes more tasks from the ledger while the window has room.
  void admit();
  /// Starts what is due, as far as slots, the rate and the ledger's room allow.
  void start_due();
  void settle(std::uint64_t token, QueryAnswer&& answer);
  void settle(std::uint64_t token, const TransportFailure& failure);

  /// Asks a task again for the sake of a video; the outcome comes by `take_rechecks`.
  void recheck(TaskRecord task, std::uint64_t video);
  [[nodiscard]] std::vector<Recheck> take_rechecks();

  /// When something becomes due next; SteadyTime::max() when only a completion can move the lane.
  [[nodiscard]] SteadyTime next_due();
  /// Whether there is nothing in the window, in flight or left in the ledger.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  /// The run must end: the key is rejected, the base URL wrong, the gateway down.
  [[nodiscard]] const std::optional<RunResult>& verdict() const { return verdict_; }
  /// The newest success that was appended: its videos can be paged once this is committed.
  [[nodiscard]] Ticket last_success() const { return last_success_; }

  /// At the run's end: counts what was never answered. `cut`: by a deadline, not by bad luck.
  void close(bool cut);

 private:
  struct Slot {
    std::optional<TaskRecord> task;  // none: the slot is free
    int failures = 0;
    bool asked = false;
    bool in_flight = false;
    bool unrecognised = false;
    bool waiting = false;  // answered in this run, and to be asked again later
    bool live_fetch = false;
    std::optional<TaskState> counted;  // what the tally counts the task as
    std::uint64_t recheck_for = 0;
    SteadyTime started{};
  };
  struct Due {
    SteadyTime when;
    std::uint64_t order;
    std::size_t slot;
    bool operator>(const Due& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  // The first answers decide whether key and base URL are right at all (product.md).
  struct Probe {
    static constexpr int kAnswers = 10;
    int answers = 0;
    int forbidden = 0;
    int invalid_url = 0;
  };

  void admit(TaskRecord&& task);
  [[nodiscard]] std::chrono::milliseconds pause_before(const TaskRecord& task, bool polled) const;
  [[nodiscard]] bool leave_to_next_run(const TaskRecord& task);
  std::size_t hold(TaskRecord task);
  void release(std::size_t slot);
  void queue(std::size_t slot, SteadyTime when);
  void start(std::size_t slot, SteadyTime now);
  [[nodiscard]] bool sweep_again();
  [[nodiscard]] std::vector<TaskKey> held_keys() const;

  void judge_answer(const Answer& answer, int http_status);
  void judge_probe(bool last);
  void count_failure(const std::string& kind);
  void slow_after_errors_in_a_row();
  void good_answer();
  Ticket record(std::size_t slot, QueryAnswer&& answer, Answer&& parsed, bool settled);
  void take(std::size_t slot, const QueryAnswer& answer, const Answer& parsed);
  [[nodiscard]] Step next_step(std::size_t slot, Verdict verdict) const;
  void count_state(Slot& slot);
  void follow(std::size_t slot, Step step, const Answer& answer,
              std::optional<std::chrono::milliseconds> retry_after);
  void poll_later(std::size_t slot);
  void retry(std::size_t slot, std::optional<std::chrono::milliseconds> retry_after,
             const std::string& why);
  void give_up(std::size_t slot, const std::string& why);
  void end_recheck(std::size_t slot, Recheck recheck);
  [[nodiscard]] bool is_stale(const TaskRecord& task) const;
  [[nodiscard]] bool may_retry(const Slot& slot) const;
  void tell(Notice::Kind kind, std::size_t slot, std::string text) const;
  void tell_request(std::size_t slot, const QueryAnswer& answer, Verdict verdict) const;
  void tell_request(std::size_t slot, const std::string& outcome) const;

  const RunPlan& plan_;
  Ledger& ledger_;
  Transport& transport_;
  const Clock& clock_;
  RunTally& tally_;
  const Notify& notify_;
  RateLimiter limiter_;
  std::mt19937_64 random_;

  std::vector<Slot> slots_;
  std::vector<std::size_t> free_slots_;
  std::deque<std::size_t> ready_;  // due now, in order
  std::priority_queue<Due, std::vector<Due>, std::greater<>> later_;
  std::uint64_t order_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t held_ = 0;

  TaskKey cursor_ = 0;    // the last task taken from the ledger in this sweep
  bool swept_ = false;    // the ledger had no more after cursor_
  bool evicted_ = false;  // tasks went back to the ledger for want of room
  bool sweeping_again_ = false;
  Ticket last_ticket_ = 0;
  Ticket last_success_ = 0;

  Probe probe_;
  int server_errors_in_a_row_ = 0;
  int failures_in_a_row_ = 0;
  SteadyTime last_good_;
  std::optional<RunResult> verdict_;
  std::vector<Recheck> rechecks_;
  std::map<TaskKey, SteadyTime> live_fetches_;  // when each was last asked; those of a while ago go
};

}  // namespace core
