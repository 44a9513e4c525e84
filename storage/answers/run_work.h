// A ledger that a run writes to, whichever back end it is on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/ledger/work_list.h"
#include "storage/answers/queued_ledger.h"

namespace storage {

/// When the lists of a run are imported.
enum class ImportTime {
  before,  ///< the ledger is opened
  beside,  ///< the ledger, while it is open
};

/// The work list, and the engine's ledger of the run that it began.
class RunWork : public core::WorkList {
 public:
  /// The number of the run; 0 before the first one begins.
  [[nodiscard]] virtual std::int64_t run() const = 0;
  /// Whether lists may be imported beside the ledger.
  [[nodiscard]] virtual bool may_import_beside() const { return false; }
  /// `wake`: as QueuedLedger's. While the ledger lives this belongs to its writer thread; it must
  /// outlive the ledger. If the lists are imported beside it, another thread calls the methods of
  /// the import, `add_pending`, `tasks_to_ask` (which has the tasks that the run has settled,
  /// too) and `videos_to_fetch` (which leaves out what it has found), then
  /// QueuedLedger::end_import.
  [[nodiscard]] virtual std::unique_ptr<QueuedLedger> open_ledger(std::function<void()> wake,
                                                                  ImportTime lists) = 0;
  /// Of the write-ahead log beside a file; 0: there is none.
  [[nodiscard]] virtual std::int64_t log_bytes() const { return 0; }
};

}  // namespace storage
