// Where pages of a run's work come from.
#pragma once

#include <cstddef>
#include <vector>

#include "core/ledger/ledger.h"

namespace storage {

/// One thread at a time. Every method throws core::Error.
class PageSource {
 public:
  virtual ~PageSource() = default;
  /// As core::Ledger says.
  [[nodiscard]] virtual std::vector<core::TaskRecord> tasks(core::TaskKey after,
                                                            std::size_t limit) = 0;
  [[nodiscard]] virtual std::vector<core::WantedVideo> videos(std::size_t limit) = 0;
  /// As core::Ledger::expects_more_tasks. Any thread.
  [[nodiscard]] virtual bool expects_more() const { return false; }
  /// A page that waits for tasks comes at once, as it is, while this is set. Any thread.
  virtual void hurry(bool /*now*/) {}
};

}  // namespace storage
