#include "storage/answers/recent_links.h"

namespace storage {
namespace {

std::size_t bytes_of(const core::VideoLink& link) {
  std::size_t bytes = link.url.size();
  for (const core::LinkCandidate& other : link.others) {
    bytes += other.url.size();
  }
  return bytes;
}

}  // namespace

void RecentLinks::expect_readers() {
  const std::lock_guard lock(mutex_);
  is_read_ = true;
}

void RecentLinks::keep(core::TaskKey task, std::int64_t snapshot, const core::VideoLink& link) {
  const std::lock_guard lock(mutex_);
  if (!is_read_) {
    return;
  }
  const std::pair video(task, link.index);
  if (bytes_of(link) > kBytesMax || (links_.size() >= kLinksMax && !links_.contains(video))) {
    links_.erase(video);
    return;
  }
  links_[video] = {snapshot, link};
}

std::optional<core::VideoLink> RecentLinks::find(core::TaskKey task, int index,
                                                 std::int64_t snapshot) const {
  const std::lock_guard lock(mutex_);
  const auto found = links_.find({task, index});
  return found == links_.end() || found->second.snapshot != snapshot
             ? std::nullopt
             : std::optional(found->second.link);
}

void RecentLinks::forget(core::TaskKey task, int index) {
  const std::lock_guard lock(mutex_);
  links_.erase({task, index});
}

void RecentLinks::clear() {
  const std::lock_guard lock(mutex_);
  links_.clear();
}

}  // namespace storage
