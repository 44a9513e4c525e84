// The links of recently recorded answers: most videos are downloaded soon afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/domain/task.h"

namespace storage {

/// Keeps links in memory, so that a page of videos does not have to read them from their answers. A
/// link that is not here is read from its answer. Bounded. Any thread.
class RecentLinks {
 public:
  static constexpr std::size_t kLinksMax = 2048;
  /// For all URLs of one video.
  static constexpr std::size_t kBytesMax = 4096;

  /// Somebody is going to look for links. Until then none is kept: a run may download nothing.
  void expect_readers();
  /// Stores the link of a snapshot, and removes an earlier link of the same video. Does nothing if
  /// there is no room.
  void keep(core::TaskKey task, std::int64_t snapshot, const core::VideoLink& link);
  /// The link if it is here and comes from that snapshot; else none.
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
  // Under mutex_:
  std::map<std::pair<core::TaskKey, int>, Link> links_;
  bool is_read_ = false;
};

}  // namespace storage
