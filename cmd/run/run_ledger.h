// The ledger of a run, on either back end: waited for, opened to write, and held against others.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/settings.h"
#include "cmd/os/interrupt.h"
#include "core/clock.h"
#include "core/ledger/work_list.h"
#include "storage/answers/run_work.h"
#include "storage/postgres/run_fence.h"
#include "storage/sqlite/ledger_file.h"
#include "storage/sqlite/lock.h"

namespace cmd {

/// The main thread. Others may begin once this is destroyed.
class RunLedger {
 public:
  /// All must outlive this.
  RunLedger(const Settings& settings, const core::Clock& clock, const Interrupt& interrupt)
      : settings_(settings), clock_(clock), interrupt_(interrupt), name_(ledger_path(settings)) {}

  /// As --db names it.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Waits for its turn, --lock-wait at most. `start`: what `begin` begins. Throws LedgerBusy,
  /// LedgerUnreadable; core::Stopped on a signal.
  void hold(core::RunStart start);
  /// Returns the run's number.
  std::int64_t begin();
  [[nodiscard]] storage::RunWork& work() { return *work_; }

  /// Once the run began: runs `body`, which reads the ledger over connections of its own, again
  /// when a server was away meanwhile.
  void read_beside(const std::function<void()>& body) const;

  /// Of a file, once the run began.
  [[nodiscard]] const std::optional<storage::LedgerPlace>& place() const { return place_; }
  /// Throws core::Error when others may have done the same work.
  void require_alone();

 private:
  void hold_on_server();
  [[nodiscard]] storage::RunnerTerms terms() const;
  // Else an import, which neither queries nor downloads.
  [[nodiscard]] bool is_run() const { return settings_.command() == Command::run; }

  const Settings& settings_;
  const core::Clock& clock_;
  const Interrupt& interrupt_;
  std::string name_;
  core::RunStart start_;
  std::optional<storage::Lock> lock_;  // of a file
  std::optional<storage::LedgerPlace> place_;
  std::unique_ptr<storage::RunWork> work_;
};

}  // namespace cmd
