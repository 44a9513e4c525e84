// Which runs may be at work on a ledger: the one rule for those that begin and those that change
// what runs write.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/postgres/connection.h"

namespace storage {

/// A run that may be at work.
struct LiveRun {
  std::int64_t run = 0;
  std::string crew;  ///< empty: it runs alone
  std::string host;
  std::int64_t seconds = 0;  ///< how long it holds its place without a further sign of life

  /// "run 3 on host x"
  [[nodiscard]] std::string name() const;
};

/// The runs that have not ended and are not lost.
struct OpenRuns {
  std::vector<LiveRun> live;
  std::vector<std::int64_t> gone;  ///< those that cannot be at work any more
};

/// Whoever gave a sign of life within two leases may still be at work: the server, or this machine,
/// may have been away just now. A process that is known to be gone is not. Within a transaction.
[[nodiscard]] OpenRuns open_runs(Connection& connection, std::chrono::milliseconds lease);

/// Declares the gone lost, so that none of them writes again. Within a writing transaction under
/// the crew's lock.
void declare_lost(Connection& connection, const std::vector<std::int64_t>& gone);

/// Keeps runs from beginning until the end of the caller's writing transaction. Throws LedgerBusy
/// while one may be at work.
void require_no_run(Connection& connection);

}  // namespace storage
