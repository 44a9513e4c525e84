// All standings that the rules of video_lifecycle.h lead to.
#pragma once

#include <vector>

#include "core/domain/video_lifecycle.h"

namespace core {

/// One standing for each combination of the state, whether a run tried the video (`tried_in` is
/// then 1) and whether its link was refused. Pure; any thread.
[[nodiscard]] std::vector<VideoStanding> possible_standings();

}  // namespace core
