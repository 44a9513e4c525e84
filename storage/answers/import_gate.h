// How far the import of a run's lists is, between the thread that imports and the engine's.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "core/ledger/ledger.h"

namespace storage {

/// Any thread.
class ImportGate {
 public:
  /// `new_above`: as core::ImportStanding has it; none: nothing is imported.
  explicit ImportGate(std::optional<core::TaskKey> new_above);

  void add_batch();
  void end();
  /// None: nothing is imported.
  [[nodiscard]] std::optional<core::ImportStanding> standing() const;
  /// Returns when the import has ended, at once if nothing is imported.
  void await_end();

 private:
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::optional<core::ImportStanding> standing_;  // under mutex_
};

}  // namespace storage
