#include "core/domain/possible_standings.h"

#include <algorithm>

namespace core {
namespace {

// The results of every change of a video: the lane tries wanted videos, `verify` finds files of
// saved videos missing, and users make videos wanted again that were given up.
std::vector<VideoStanding> next_standings(const VideoStanding& before) {
  constexpr std::int64_t kRun = 1;
  std::vector<VideoStanding> next{offered(before, true), offered(before, false)};
  if (before.state == VideoState::wanted) {
    for (const VideoState outcome :
         {VideoState::wanted, VideoState::done, VideoState::failed, VideoState::expired}) {
      for (const bool refused : {false, true}) {
        next.push_back(
            tried(outcome, first_refusal(before.first_refusal, refused, UtcTime{}), kRun));
      }
    }
  }
  if (before.state == VideoState::done) {
    next.push_back(file_lost(before));
  }
  if (is_given_up(before.state)) {
    next.push_back(wanted_again());
  }
  return next;
}

}  // namespace

std::vector<VideoStanding> possible_standings() {
  std::vector<VideoStanding> found{VideoStanding{}};  // with its first link
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const VideoStanding& next : next_standings(found[at])) {
      if (std::find(found.begin(), found.end(), next) == found.end()) {
        found.push_back(next);
      }
    }
  }
  return found;
}

}  // namespace core
