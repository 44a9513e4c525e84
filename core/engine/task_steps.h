// The next step of a task in the window: finish, query later, query again soon, give up.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/lifecycle.h"
#include "core/engine/query_notices.h"
#include "core/engine/run_context.h"
#include "core/engine/task_feed.h"
#include "core/engine/task_window.h"
#include "core/ledger/ledger.h"

namespace core {

/// The result of a task that was queried again because a video's link was refused.
struct Recheck {
  std::uint64_t video = 0;       ///< the download lane's own token
  std::vector<VideoLink> links;  ///< of the fresh answer; empty unless it is a success
  bool answered = false;
  Ticket ticket = 0;  ///< the links may be used once this is committed
};

/// Every method takes a slot with a task, and afterwards the task is queued or released. One
/// thread.
class TaskSteps {
 public:
  TaskSteps(const RunContext& run, const QueryNotices& notices, TaskWindow& window, TaskFeed& feed);

  /// The next step after an answer was applied to the task.
  [[nodiscard]] Step after(const HeldTask& held, Verdict verdict) const;
  /// Whether a task without an answer is queried again in this run.
  [[nodiscard]] bool may_go_on(const HeldTask& held) const;

  /// Performs any step except the end of a recheck. `why`: the answer's message, for users.
  void take(std::size_t slot, Step step, std::optional<std::chrono::milliseconds> retry_after,
            const std::string& why);
  /// There was no room for the answer: neither the task nor the gateway is at fault.
  void retry_for_room(std::size_t slot);
  /// Queries again at once, over a new connection.
  void retry_alone(std::size_t slot);
  void retry(std::size_t slot, std::optional<std::chrono::milliseconds> retry_after,
             const std::string& why);
  void give_up(std::size_t slot, const std::string& why);

  void end_recheck(std::size_t slot, Recheck recheck);
  [[nodiscard]] std::vector<Recheck> take_rechecks();

 private:
  void poll_later(std::size_t slot);
  void retry_next_interval(std::size_t slot, const std::string& why);
  [[nodiscard]] bool may_wait_unanswered(const HeldTask& held) const;
  [[nodiscard]] std::chrono::milliseconds random_delay(int retry);

  RunContext run_;
  const QueryNotices& notices_;
  TaskWindow& window_;
  TaskFeed& feed_;
  std::mt19937_64 random_;
  std::vector<Recheck> rechecks_;
};

}  // namespace core
