// Where pages of a run's work come from.
#pragma once

#include <cstddef>
#include <optional>
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
  [[nodiscard]] virtual std::vector<core::TaskRecord> named_tasks(
      int account, const std::vector<core::TaskId>& ids) = 0;
  [[nodiscard]] virtual std::vector<core::WantedVideo> videos(std::size_t limit) = 0;
  /// As core::Ledger::crew_standing, as far as pages decide it. Any thread.
  [[nodiscard]] virtual std::optional<core::CrewStanding> crew_standing() const {
    return std::nullopt;
  }
};

}  // namespace storage
