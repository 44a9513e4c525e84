// Stores runs: a run's row, its work list, and what is left of it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/ledger/work_list.h"

namespace storage {

/// Implements core::WorkList except the import of lists. Belongs to the thread of its connection.
/// Throws core::Error where stated, otherwise SQLite::Exception.
class RunStore {
 public:
  /// `path` is for messages. `clock` must outlive this object.
  RunStore(SQLite::Database& database, std::string path, const core::Clock& clock);

  /// Throws core::Error if the previous run did not finish and the ledger is damaged.
  std::int64_t begin(const core::RunStart& start);
  std::uint64_t add_pending(int account);
  [[nodiscard]] std::uint64_t tasks_to_ask();
  [[nodiscard]] std::uint64_t tasks_to_ask(int account, core::UtcTime since);
  /// Of tasks with keys up to `last`.
  [[nodiscard]] std::uint64_t videos_to_fetch(core::TaskKey last);
  [[nodiscard]] core::RunTotals totals();
  void each_left(bool videos, const std::function<void(const core::LeftOver&)>& take);
  /// Throws core::Error if another run has begun since.
  void require_newest();
  void end(int exit_code, const std::string& summary_json);

  /// 0 before the first run begins.
  [[nodiscard]] std::int64_t number() const { return run_; }
  /// The rows of `account`, by the run's own index.
  [[nodiscard]] const std::vector<std::int64_t>& accounts() const { return accounts_; }

 private:
  void check_after_an_early_end();
  [[nodiscard]] std::int64_t account_row(const std::string& name);
  [[nodiscard]] std::int64_t count(const char* sql);

  SQLite::Database& database_;
  std::string path_;
  const core::Clock& clock_;
  std::int64_t run_ = 0;
  std::chrono::milliseconds stale_after_{0};
  std::vector<std::int64_t> accounts_;
};

}  // namespace storage
