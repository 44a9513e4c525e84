// A ledger that a run writes to, whichever back end it is on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/ledger/work_list.h"
#include "storage/answers/queued_ledger.h"

namespace storage {

/// The work list, and the engine's ledger of the run that it began.
class RunWork : public core::WorkList {
 public:
  /// The number of the run; 0 before the first one begins.
  [[nodiscard]] virtual std::int64_t run() const = 0;
  /// `wake`: as QueuedLedger's. While the ledger lives this belongs to its writer thread; it must
  /// outlive the ledger.
  [[nodiscard]] virtual std::unique_ptr<QueuedLedger> open_ledger(std::function<void()> wake) = 0;
  /// Of the write-ahead log beside a file; 0: there is none.
  [[nodiscard]] virtual std::int64_t log_bytes() const { return 0; }
};

}  // namespace storage
