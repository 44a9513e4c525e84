// The pure rules of a video's life: what links, fetches and people make of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/clock.h"
#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"

namespace core {

/// The part of a video's record that its life moves.
struct VideoStanding {
  VideoState state = VideoState::wanted;
  std::int64_t tried_in = 0;             ///< the last run that tried it; 0: the next one shall
  std::optional<UtcTime> first_refusal;  ///< of its present link; none: it never was refused
  friend bool operator==(const VideoStanding&, const VideoStanding&) = default;
};

/// What a link says of its video that the ledger had.
struct KnownLink {
  std::optional<UtcTime> expires_at;
  std::optional<VideoLink> link;  ///< none: its answer was pruned, and only the expiry is known
};
/// Whether a link brings a URL that the one before had not. The expiry alone would not do, since
/// not every link says one, and a link that moved to another host keeps its own.
[[nodiscard]] bool is_fresh(const VideoLink& link, const KnownLink& before);
/// Whether `offered` needs to know that a link is fresh.
[[nodiscard]] bool cares_for_fresh_links(const VideoStanding& standing);
/// Whether the link of a later answer is the video's from then on: not of one that is saved.
[[nodiscard]] bool takes_links(const VideoStanding& standing);

/// A later answer gives a link. A fresh one was refused by nobody, and brings back a video that was
/// given up.
[[nodiscard]] VideoStanding offered(VideoStanding before, bool is_fresh);
/// Run number `run` is done with the video: `wanted` leaves it to the next one.
[[nodiscard]] VideoStanding tried(VideoState outcome, std::optional<UtcTime> first_refusal,
                                  std::int64_t run);
/// The file of a saved video is gone: it is fetched again.
[[nodiscard]] VideoStanding file_lost(VideoStanding before);
/// A person wants it tried again, whatever was heard of its link.
[[nodiscard]] VideoStanding wanted_again();
/// Runs try it no more by themselves.
[[nodiscard]] bool is_given_up(VideoState state);
/// When a video was first refused, after a try that was, or was not, refused at `now`.
[[nodiscard]] std::optional<UtcTime> first_refusal(std::optional<UtcTime> before, bool refused,
                                                   UtcTime now);

/// What a fetch that failed says of the URL.
enum class FetchWord {
  nothing,   ///< the way, the load or our own side is at fault: a later run tries again
  refusal,   ///< its own server does not give the video, or gives an error in its place
  no_video,  ///< it leads to a whole file of another kind
};
[[nodiscard]] FetchWord word_of(const FetchFailure& failure);
/// Whether the same URL may do better within moments.
[[nodiscard]] bool worth_a_retry(FetchFailure::Kind kind);

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
