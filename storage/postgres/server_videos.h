// Records of videos on PostgreSQL: the links that answers offer, and what became of each video.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "core/domain/video_lifecycle.h"
#include "core/ledger/ledger.h"
#include "storage/answers/recent_links.h"
#include "storage/postgres/server_blocks.h"

namespace storage {

/// core/domain/video_lifecycle decides what becomes of a video; this writes it down, within the
/// caller's transaction. Belongs to the thread of its connection. Throws ServerError,
/// ConnectionLost.
class ServerVideos {
 public:
  explicit ServerVideos(Connection& connection) : connection_(connection) {}

  /// A link that a snapshot of the task brings.
  struct Offer {
    core::TaskKey task = 0;
    std::int64_t snapshot = 0;
    const core::VideoLink* link = nullptr;
  };
  /// At most one of a video.
  void offer(const std::vector<Offer>& offers);
  /// Run number `run` is done with these videos, each another one.
  void record(const std::vector<const core::VideoEntry*>& entries, std::int64_t run);
  /// The video's file is gone.
  void lose_file(core::TaskKey task, int index);

  /// Links that were offered lately; any thread.
  [[nodiscard]] RecentLinks& recent_links() { return recent_links_; }

 private:
  [[nodiscard]] std::set<std::pair<std::int64_t, std::int64_t>> known_videos(
      const std::vector<Offer>& offers);
  void offer_again(const Offer& offer);
  void move(core::TaskKey task, int index, const core::VideoStanding& standing);
  [[nodiscard]] core::KnownLink known_link(const Rows& row, const core::VideoLink& link);

  Connection& connection_;
  ServerBlocks answers_{connection_};
  RecentLinks recent_links_;
};

}  // namespace storage
