// The pure rules of a video's life cycle: the effect of links, downloads and user commands.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/clock.h"
#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"

namespace core {

/// The part of a video's record that these rules change.
struct VideoStanding {
  VideoState state = VideoState::wanted;
  std::int64_t tried_in = 0;             ///< the last run that tried it; 0: none
  std::optional<UtcTime> first_refusal;  ///< of its current link; none: never refused
  friend bool operator==(const VideoStanding&, const VideoStanding&) = default;
};

/// The previous link of a video in the ledger.
struct KnownLink {
  std::optional<UtcTime> expires_at;
  std::optional<VideoLink> link;  ///< none: its answer was pruned, only the expiry is known
};
/// Whether a link has a URL that the previous one did not have. The expiry is not enough to decide:
/// some links state none, and a link that moves to another host keeps its expiry.
[[nodiscard]] bool is_fresh(const VideoLink& link, const KnownLink& before);
/// Whether `offered` depends on its argument `is_fresh`.
[[nodiscard]] bool depends_on_fresh_links(const VideoStanding& standing);
/// Whether the link of a later answer replaces the video's link: not if the video is saved.
[[nodiscard]] bool takes_links(const VideoStanding& standing);

/// A later answer has a link. A fresh link has not been refused yet, so the video is wanted again
/// even if it was given up.
[[nodiscard]] VideoStanding offered(VideoStanding before, bool is_fresh);
/// Run number `run` ends its attempts with this outcome; `wanted` leaves the video to the next run.
[[nodiscard]] VideoStanding tried(VideoState outcome, std::optional<UtcTime> first_refusal,
                                  std::int64_t run);
/// The file of a saved video is missing: the video is downloaded again.
[[nodiscard]] VideoStanding file_lost(VideoStanding before);
/// A user requests another try, whatever is known of its link.
[[nodiscard]] VideoStanding wanted_again();
/// Whether runs no longer try the video by themselves.
[[nodiscard]] bool is_given_up(VideoState state);
/// The time of the video's first refusal, after an attempt at `now` that was refused or not.
[[nodiscard]] std::optional<UtcTime> first_refusal(std::optional<UtcTime> before, bool refused,
                                                   UtcTime now);

/// What a failed download says about its URL.
enum class FailureMeaning {
  nothing,   ///< network, load or local trouble: a later run tries again
  refusal,   ///< its own server refuses the video, or sends an error page instead
  no_video,  ///< it leads to a complete file of another kind
};
[[nodiscard]] FailureMeaning meaning_of(const FetchFailure& failure);
/// Whether a retry of the same URL within seconds may succeed.
[[nodiscard]] bool worth_a_retry(FetchFailure::Kind kind);

/// If the expiry time is assumed, a video expires only after refusals at least this far apart.
inline constexpr std::chrono::hours kRefusalsApart{1};

/// The state of a video without further URLs after a failed download. Only the word of its own
/// server, or of the gateway for its own endpoint, makes the state final. In this order:
///  - a file of another kind: failed, at once
///  - a refusal after the expiry time that the URL states (by the server's clock if known):
///    expired, at once
///  - a refusal after an assumed expiry time: expired, kRefusalsApart after the first one
///  - the same URLs were refused in an earlier run: failed; for 401, 403, 404 and 410 only before
///    the assumed expiry time
/// In all other cases it stays wanted, whatever the clock says.
[[nodiscard]] VideoState after_fetch(const LinkCandidate& link, const FetchFailure& failure,
                                     std::optional<UtcTime> first_refusal, UtcTime now);
/// Combines the results of two URLs of one video: wanted if either is wanted; expired is preferred
/// over failed.
[[nodiscard]] VideoState together(VideoState one, VideoState other);

}  // namespace core
