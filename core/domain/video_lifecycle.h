// The pure rules of a video's life: what a fetch that failed makes of it.
#pragma once

#include <chrono>
#include <optional>

#include "core/clock.h"
#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"

namespace core {

/// What a fetch that failed says of the URL.
enum class FetchWord {
  nothing,   ///< the way, the load or our own side is at fault: a later run tries again
  refusal,   ///< its own server does not give the video, or gives an error in its place
  no_video,  ///< it leads to a whole file of another kind
};
[[nodiscard]] FetchWord word_of(const FetchFailure& failure);
/// Whether the same URL may do better within moments.
[[nodiscard]] bool worth_a_retry(FetchProblem problem);

/// A refusal after an assumed moment is believed when two runs heard it this far apart.
inline constexpr std::chrono::hours kRefusalsApart{1};

/// What becomes of a video that has no other URL, by one that failed. Final states are what its
/// server, or the gateway for its own endpoint, says itself, in this order:
///  - another kind of file: failed, at once
///  - a refusal after the moment that the URL states (by the server's clock where it is known):
///    expired, at once
///  - a refusal after an assumed moment: expired, when kRefusalsApart have passed since the first
///  - an earlier refusal of the same URLs in another run: failed, but with 401, 403, 404 and 410
///    only before the assumed moment
/// Everything else leaves it wanted, whatever the clock says.
[[nodiscard]] VideoState after_fetch(const LinkCandidate& link, const FetchFailure& failure,
                                     std::optional<UtcTime> first_refusal, UtcTime now);
/// The same of a video by two of its URLs: wanted as long as one of them may still do, and expired
/// rather than failed.
[[nodiscard]] VideoState together(VideoState one, VideoState other);

}  // namespace core
