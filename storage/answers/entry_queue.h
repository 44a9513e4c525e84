// Entries of a run on their way to the thread that commits them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "core/ledger/ledger.h"
#include "core/owner_thread.h"

namespace storage {

/// A bounded queue from the engine's thread, which makes it, to one thread that takes batches.
class EntryQueue {
 public:
  static constexpr std::size_t kEntriesMax = 4096;
  static constexpr std::size_t kBytesMax = std::size_t{4} * 1024 * 1024;
  /// With fewer entries than this `take` waits a moment for more: answers that share a block need a
  /// third of the space.
  static constexpr std::size_t kGather = 512;
  static constexpr std::chrono::milliseconds kGatherTime{100};

  /// Whether `entries` more fit beside all that are not yet released. Any thread.
  [[nodiscard]] bool has_room(std::size_t entries) const;
  /// The engine's thread.
  core::Ticket append(core::Entry&& entry);
  /// Makes the next `take` return without waiting for more. Returns the ticket of the last entry
  /// appended. The engine's thread.
  core::Ticket hurry();
  /// Makes the next `take` return at once, even with no entry. Any thread.
  void call();
  /// From here on nothing may be appended, and `take` does not wait. Any thread.
  void stop();

  /// Waits for entries, or for `call`, and moves the entries into `batch`, which must be empty;
  /// none of them for a `call` in their moment of gathering. False if the queue has stopped and is
  /// empty. The other thread.
  [[nodiscard]] bool take(std::vector<core::Entry>& batch);
  /// Frees the room of the entries that were taken. The other thread.
  void release();

 private:
  const core::OwnerThread owner_{};
  mutable std::mutex mutex_;
  std::condition_variable work_;  // there is something to take, or to stop for
  // Under mutex_:
  std::vector<core::Entry> queue_;
  std::size_t bytes_ = 0;  // in queue_
  std::size_t taken_ = 0;  // entries taken and not released
  std::size_t taken_bytes_ = 0;
  core::Ticket appended_ = 0;
  std::optional<std::chrono::steady_clock::time_point> gather_until_;  // since `take` met entries
  bool hurry_ = false;   // until the next batch is taken
  bool called_ = false;  // until `take` returns
  bool stopping_ = false;
};

}  // namespace storage
