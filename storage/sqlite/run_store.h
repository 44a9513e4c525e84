// Runs as the ledger keeps them: a run's row, its work list, and what is left of it.
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

/// The parts of core::WorkList that no list is imported by. Belongs to the thread of its
/// connection. Throws core::Error where it says so, SQLite::Exception else.
class RunStore {
 public:
  /// `path` is for messages. `clock` must outlive this.
  RunStore(SQLite::Database& database, std::string path, const core::Clock& clock);

  /// Throws core::Error when the run before came to no end, and the ledger is damaged.
  std::int64_t begin(const core::RunStart& start);
  std::uint64_t add_pending(int account);
  [[nodiscard]] std::uint64_t tasks_to_ask();
  [[nodiscard]] std::uint64_t videos_to_fetch();
  [[nodiscard]] core::RunTotals totals();
  void each_left(bool videos, const std::function<void(const core::LeftOver&)>& take);
  /// Throws core::Error when another run began since.
  void require_newest();
  void end(int exit_code, const std::string& summary_json);

  /// 0 before the first run begins.
  [[nodiscard]] std::int64_t number() const { return run_; }
  /// Rows of `account`, by the run's own index.
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
