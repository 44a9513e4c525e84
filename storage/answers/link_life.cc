#include "storage/answers/link_life.h"

#include <variant>

#include "core/domain/video_lifecycle.h"

namespace storage {
namespace {

bool is_assumed(BlockReader& answers, const OfferedVideo& video, core::UtcTime now) {
  const auto id = core::TaskId::parse(video.task_id);
  if (!std::holds_alternative<core::TaskId>(id)) {
    return false;
  }
  const auto link = stored_link(answers, *video.answer, std::get<core::TaskId>(id), video.index);
  if (!link) {
    return true;  // its task is asked again
  }
  bool may = link->expiry_assumed;
  for (const core::LinkCandidate& other : link->others) {
    may = may || other.expiry_assumed || !other.expires_at || *other.expires_at > now;
  }
  return may;
}

}  // namespace

bool may_live(BlockReader& answers, const OfferedVideo& video, core::UtcTime now) {
  return !video.expires_at || *video.expires_at > now ||
         (video.answer && is_assumed(answers, video, now));
}

bool is_worth_a_try(BlockReader& answers, const OfferedVideo& video, core::UtcTime now) {
  return core::is_given_up(video.state) &&
         (video.state == core::VideoState::failed || may_live(answers, video, now));
}

}  // namespace storage
