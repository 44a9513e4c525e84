// Links of answers that were recorded a moment ago: most videos are fetched soon after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/domain/task.h"

namespace storage {

/// Keeps links in memory, so that a page of videos need not read them back out of their answers. A
/// link that is not here is read from its answer. Bounded. Any thread.
class RecentLinks {
 public:
  static constexpr std::size_t kLinksMax = 2048;
  /// Of all URLs of one video.
  static constexpr std::size_t kBytesMax = 4096;

  /// The link that a snapshot brings; an earlier one of the same video goes. Does nothing when
  /// there is no room.
  void keep(core::TaskKey task, std::int64_t snapshot, const core::VideoLink& link);
  /// None unless the link is here, and of that snapshot.
  [[nodiscard]] std::optional<core::VideoLink> find(core::TaskKey task, int index,
                                                    std::int64_t snapshot) const;
  void forget(core::TaskKey task, int index);
  void clear();

 private:
  struct Link {
    std::int64_t snapshot = 0;
    core::VideoLink link;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<core::TaskKey, int>, Link> links_;  // under mutex_
};

}  // namespace storage
