// Videos that the ledger believes to be on disk, for holding them against the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"

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

/// What else is recorded of a video.
struct SavedVideoFacts {
  std::string model;
  std::string status;           ///< the status word of the final answer
  core::UtcTime finish_time{};  ///< the task's, else when its final answer came
  core::Labels labels;
  std::string checks;
};

/// Calls `visit` with each of these videos that the ledger still has. Reads only. Throws
/// LedgerUnreadable.
void describe(const std::string& ledger, const std::vector<SavedVideo>& videos,
              const std::function<void(const SavedVideo&, SavedVideoFacts&&)>& visit);

/// How many videos the next `run --pending` will try again.
struct Requeued {
  std::size_t missing = 0;   ///< of those that were on disk
  std::size_t given_up = 0;  ///< of those that were `failed` or `expired`
};

/// Makes the next `run --pending` fetch these missing videos again, and try those again that runs
/// have given up. Those whose link states itself that it is dead at `now` stay as they are, but for
/// `failed` ones. The caller holds the Lock. Throws core::Error.
[[nodiscard]] Requeued want_again(const std::string& ledger, const std::vector<SavedVideo>& missing,
                                  core::UtcTime now);

}  // namespace storage
