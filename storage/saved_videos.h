// Videos that the ledger believes to be on disk, for holding them against the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"

namespace storage {

struct SavedVideo {
  std::int64_t task = 0;  ///< the ledger's key
  int index = 1;
  std::string account;
  std::string task_id;
  std::string path;  ///< absolute
  std::int64_t bytes = 0;
  std::string sha256;  ///< 64 lower-case hex digits
};

/// Calls `visit` with each, by path. Reads only, also while a run writes. Throws LedgerUnreadable.
void each_saved_video(const std::string& ledger, const std::function<void(SavedVideo&&)>& visit);

/// Makes the next `run --pending` fetch these videos again, and returns of how many that is true:
/// those whose link is dead at `now` stay as they are. The caller holds the Lock. Throws
/// core::Error.
[[nodiscard]] std::size_t want_again(const std::string& ledger,
                                     const std::vector<SavedVideo>& videos, core::UtcTime now);

}  // namespace storage
