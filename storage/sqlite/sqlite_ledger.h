// The ledger of a run in progress, on SQLite.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "storage/answers/queued_ledger.h"
#include "storage/sqlite/task_store.h"

namespace storage {

/// While it lives the store belongs to its writer thread.
class SqliteLedger final : public QueuedLedger {
 public:
  /// `wake`, `lists`: as RunWork::open_ledger has them. `store` must outlive this. Throws
  /// core::Error.
  SqliteLedger(TaskStore& store, std::function<void()> wake, ImportTime lists = ImportTime::before);
  ~SqliteLedger() override;

  [[nodiscard]] bool claimed(const std::string& path) override;

 private:
  struct Claims;

  TaskStore& store_;
  std::mutex claims_mutex_;
  std::unique_ptr<Claims> claims_;  // under claims_mutex_
};

}  // namespace storage
