// The ledger of a run in progress, on PostgreSQL.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "storage/answers/queued_ledger.h"
#include "storage/postgres/postgres_work_list.h"

namespace storage {

/// While it lives the work list belongs to its writer thread.
class PostgresLedger final : public QueuedLedger {
 public:
  /// `wake`: as QueuedLedger's. `work` must outlive this. Throws core::Error.
  PostgresLedger(PostgresWorkList& work, std::function<void()> wake);
  ~PostgresLedger() override;

  [[nodiscard]] std::optional<core::CrewStanding> crew_standing() const override;
  void tell_slow_down() override;
  /// Also waits until the run's lease is sure: a file that is published may be another run's by
  /// now. Throws RunLost.
  [[nodiscard]] bool claimed(const std::string& path) override;

 private:
  PostgresWorkList& work_;
  std::mutex claims_mutex_;
  Connection claims_;  // under claims_mutex_; made at first use
};

}  // namespace storage
