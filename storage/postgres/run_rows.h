// Runs as a ledger on PostgreSQL keeps them, and how one takes its place among the others.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/work_list.h"
#include "storage/postgres/run_fence.h"

namespace storage {

/// The parts of core::WorkList that no list is imported by. Belongs to the thread of its
/// connection. Throws what RunFence throws.
class RunRows {
 public:
  /// All must outlive this.
  RunRows(Connection& connection, RunFence& fence, const core::Clock& clock)
      : connection_(connection), fence_(fence), clock_(clock) {}

  /// Throws LedgerBusy while runs are at work that are not of this crew.
  std::int64_t begin(const core::RunStart& start);
  std::uint64_t add_pending(int account);
  [[nodiscard]] std::uint64_t tasks_to_ask();
  [[nodiscard]] std::uint64_t tasks_to_ask(int account, core::UtcTime since);
  [[nodiscard]] std::uint64_t videos_to_fetch();
  [[nodiscard]] core::RunTotals totals();
  void each_left(bool videos, const std::function<void(const core::LeftOver&)>& take);
  void require_alive();
  void end(int exit_code, const std::string& summary_json);

  /// Rows of `account`, by the run's own index.
  [[nodiscard]] const std::vector<std::int64_t>& accounts() const { return accounts_; }
  /// Of the run that began the crew; 0: unlimited.
  [[nodiscard]] std::int64_t crew_rate() const { return crew_rate_; }

 private:
  [[nodiscard]] std::int64_t try_to_begin(const core::RunStart& start, const std::string& token);
  [[nodiscard]] std::int64_t run_of(const std::string& token);
  void take_place();
  void add_accounts(const core::RunStart& start);
  [[nodiscard]] std::int64_t add_run(const core::RunStart& start, const std::string& token);
  void read(const std::function<void()>& body);
  [[nodiscard]] std::int64_t count(const std::string& sql);

  Connection& connection_;
  RunFence& fence_;
  const core::Clock& clock_;
  std::chrono::milliseconds stale_after_{0};
  std::vector<std::int64_t> accounts_;
  std::int64_t crew_rate_ = 0;
};

}  // namespace storage
