// Closing a billing period: its lines are frozen in one transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/billing/billing.h"
#include "core/clock.h"
#include "storage/sqlite/billing/reports.h"

namespace storage {

/// Writes a closed period. The caller holds the ledger's Lock, so that what it reads with Reports
/// is what is frozen. Nothing is kept unless `commit` returns. Everything throws core::Error. One
/// thread.
class Closing {
 public:
  /// `period`: all but `key`, `lines`, `sha256`, `schema_version` and `checked_to`. Throws also for
  /// a ledger of another schema and for a period that overlaps a closed one.
  Closing(const std::string& path, const ClosedPeriod& period, core::UtcTime now);
  ~Closing();
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;

  /// Names the tasks that the period is closed without: its unfinished ones that were submitted,
  /// else first seen, before `stale_before`.
  void write_off(core::UtcTime stale_before);
  /// A line of the period's report, unrounded, in its order.
  void add(const core::ReportLine& line);
  /// `sha256` of the report as CSV with default options. `unfinished` of the period less those
  /// that were written off are the ones that it is closed with.
  void commit(const std::string& sha256);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace storage
