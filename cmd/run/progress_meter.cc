#include "cmd/run/progress_meter.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cmd {

ProgressMeter::ProgressMeter(const core::Clock& clock, Sources sources)
    : clock_(clock), sources_(std::move(sources)), begin_(clock.steady()) {}

void ProgressMeter::look() {
  const core::SteadyTime now = clock_.steady();
  const std::int64_t received = sources_.bytes_received();
  bytes_.add(now, received);
  fetched_bytes_.add(now, received);
  asked_.add(now, static_cast<std::int64_t>(sources_.tally.queried));
  fetched_.add(now, static_cast<std::int64_t>(sources_.tally.videos_downloaded));
}

ProgressCounts ProgressMeter::counts() {
  look();
  ProgressCounts counts;
  counts.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begin_);
  count_tasks(counts);
  count_videos(counts);
  counts.bytes_per_second = bytes_.per_second();
  counts.tasks_per_second = asked_.per_second();
  counts.waits = sources_.waits;
  counts.downloads_expected = expected_videos(counts);
  counts.videos = videos();
  counts.note = sources_.note ? sources_.note() : "";
  counts.remaining = remaining(counts);
  if (const auto expiry = sources_.downloads.window().soonest_expiry()) {
    counts.soonest_end = *expiry - clock_.utc();
  }
  return counts;
}

void ProgressMeter::count_tasks(ProgressCounts& counts) const {
  const core::RunTally& tally = sources_.tally;
  counts.queried = static_cast<std::int64_t>(tally.queried);
  counts.tasks =
      sources_.totals.known
          ? std::max(static_cast<std::int64_t>(sources_.totals.tasks.load()), counts.queried)
          : 0;
  counts.succeeded = static_cast<std::int64_t>(tally.succeeded);
  counts.failed = static_cast<std::int64_t>(tally.failed);
  counts.unfinished = static_cast<std::int64_t>(tally.unfinished);
  counts.missing = static_cast<std::int64_t>(tally.missing);
  counts.not_answered = static_cast<std::int64_t>(tally.not_answered);
}

void ProgressMeter::count_videos(ProgressCounts& counts) const {
  const core::RunTally& tally = sources_.tally;
  counts.downloads_active = static_cast<std::int64_t>(sources_.downloads.in_flight());
  counts.downloads_done = static_cast<std::int64_t>(tally.videos_downloaded);
  counts.downloads_failed = static_cast<std::int64_t>(tally.videos_failed);
  counts.downloads_expired = static_cast<std::int64_t>(tally.videos_expired);
  counts.bytes = tally.video_bytes;
  const std::int64_t begun = counts.downloads_active + counts.downloads_done +
                             counts.downloads_failed + counts.downloads_expired;
  const auto known = static_cast<std::int64_t>(sources_.totals.videos + tally.videos_found);
  // A new link can make a video available that was counted as expired.
  const std::int64_t held =
      static_cast<std::int64_t>(sources_.downloads.window().size()) - counts.downloads_active;
  counts.downloads_left = fetches() ? std::max({known - begun, held, std::int64_t{0}}) : 0;
}

double ProgressMeter::expected_videos(const ProgressCounts& counts) const {
  const std::int64_t settled = counts.settled();
  if (settled == 0 || !fetches() || !sources_.totals.known) {
    return 0;
  }
  return static_cast<double>(sources_.tally.videos_found) / static_cast<double>(settled) *
         static_cast<double>(std::max<std::int64_t>(counts.tasks - settled, 0));
}

// By expiry, the soonest first; links without one last.
std::vector<VideoProgress> ProgressMeter::videos() {
  std::map<std::uint64_t, core::DownloadProgress> received;
  for (const core::DownloadProgress& one :
       sources_.in_flight ? sources_.in_flight() : std::vector<core::DownloadProgress>()) {
    received.emplace(one.token, one);
  }
  const core::UtcTime now = clock_.utc();
  std::vector<VideoProgress> videos;
  std::map<std::uint64_t, Transfer> present;
  sources_.downloads.window().each_in_flight([&](std::uint64_t token,
                                                 const core::WantedVideo& video) {
    VideoProgress& one = videos.emplace_back();
    one.name = video.id.text() +
               (video.link.index > 1 ? " (video " + std::to_string(video.link.index) + ")" : "");
    if (video.link.expires_at) {
      one.life = *video.link.expires_at - now;
    }
    const auto found = received.find(token);
    one.is_checked = found == received.end();
    Transfer& transfer = present[token] = std::move(transfers_[token]);
    if (!one.is_checked) {
      transfer.update(clock_.steady(), found->second);
      one.bytes_per_second = transfer.speed.per_second();
    }
    one.received = transfer.speed.last();
    one.size = transfer.size;
  });
  transfers_ = std::move(present);
  std::stable_sort(videos.begin(), videos.end(), [](const auto& a, const auto& b) {
    constexpr auto kNever = std::chrono::milliseconds::max();
    return a.life.value_or(kNever) < b.life.value_or(kNever);
  });
  return videos;
}

void ProgressMeter::Transfer::update(core::SteadyTime now, const core::DownloadProgress& state) {
  if (state.received < speed.last()) {
    speed = SpeedMeter();  // it began again from the first byte
  }
  speed.add(now, state.received);
  size = state.size;
}

// The slower of both lanes decides. No estimate if a lane has work but makes no progress, or if the
// run waits for unfinished tasks.
std::optional<std::chrono::milliseconds> ProgressMeter::remaining(
    const ProgressCounts& counts) const {
  const std::int64_t unasked = counts.tasks - counts.queried;
  if (!sources_.totals.known || (sources_.waits && counts.unfinished > 0)) {
    return std::nullopt;
  }
  const auto for_tasks = unasked > 0 ? asked_.time_for(unasked) : std::chrono::milliseconds(0);
  const auto for_videos = time_for_videos(counts);
  if (!for_tasks || !for_videos || std::max(*for_tasks, *for_videos).count() == 0) {
    return std::nullopt;
  }
  return std::max(*for_tasks, *for_videos);
}

// Known videos, plus those expected of tasks not yet queried (as many as of the tasks before). By
// bytes if sizes are known, because a few large videos finish rarely and at the same time.
std::optional<std::chrono::milliseconds> ProgressMeter::time_for_videos(
    const ProgressCounts& counts) const {
  const double left = static_cast<double>(counts.downloads_left + counts.downloads_active) +
                      counts.downloads_expected;
  if (left < 1) {
    return std::chrono::milliseconds(0);
  }
  if (counts.downloads_done == 0) {
    return std::nullopt;
  }
  const double size =
      static_cast<double>(counts.bytes) / static_cast<double>(counts.downloads_done);
  const auto begun =
      static_cast<double>(std::max<std::int64_t>(sources_.bytes_received() - counts.bytes, 0));
  const double bytes = std::max(left * size - begun, 0.0);
  const auto by_bytes = fetched_bytes_.time_for(std::llround(bytes));
  return by_bytes ? by_bytes : fetched_.time_for(std::llround(left));
}

}  // namespace cmd
