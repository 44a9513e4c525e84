// Opens a ledger of either back end to read it. Besides this only a run, which opens a ledger to
// write, and the commands that maintain one (`db`, `doctor`) know which back end it is on.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/billing/billing_source.h"
#include "core/ledger/dashboard_reader.h"
#include "core/ledger/ledger_reader.h"

namespace storage {

class Lock;

/// Opens a ledger to read: a file, or a URL that cmd has checked. Throws LedgerUnreadable when
/// there is none that this version can read, or, with a nested ConnectionLost, its server cannot be
/// reached.
[[nodiscard]] std::unique_ptr<core::LedgerReader> open_ledger_reader(const std::string& ledger);

/// Opens a ledger for billing. Throws LedgerUnreadable when there is no ledger that this version
/// can read.
[[nodiscard]] std::unique_ptr<core::BillingSource> open_billing_source(const std::string& ledger);

/// Opens a ledger for the pages of `serve`. Throws as open_ledger_reader does.
[[nodiscard]] std::unique_ptr<core::DashboardReader> open_dashboard(const std::string& ledger);

/// Who writes the ledger now ("process 4711 on machine x"); empty: nobody.
[[nodiscard]] std::string ledger_writer(const std::string& ledger);

/// What a command that writes holds, so that no run writes beside it. Of a file until it is
/// destroyed. On a server no state outlives a transaction: there it waits for runs that are alive,
/// and each writing call looks again.
class LedgerHold {
 public:
  /// Waits up to `wait`. Throws LedgerBusy that names the run, LedgerUnreadable when there is no
  /// ledger.
  LedgerHold(const std::string& ledger, std::chrono::milliseconds wait);
  ~LedgerHold();
  LedgerHold(const LedgerHold&) = delete;
  LedgerHold& operator=(const LedgerHold&) = delete;

 private:
  std::unique_ptr<Lock> lock_;
};

/// The version of the back end's library, for --version and `doctor`.
[[nodiscard]] std::string back_end_version();

}  // namespace storage
