#include "cmd/live_progress.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cmd/terminal.h"

namespace cmd {

LiveProgress::LiveProgress(const Settings& settings, Log& log, Interrupt& interrupt,
                           const core::Clock& clock, Sources sources)
    : settings_(settings),
      log_(log),
      interrupt_(interrupt),
      clock_(clock),
      sources_(std::move(sources)),
      drawer_(STDERR_FILENO),
      on_terminal_(is_terminal(STDERR_FILENO) && !is_dumb(settings.environment()) &&
                   !settings.flag("quiet") && settings.text("log-format") == "text"),
      line_interval_(settings.duration("progress-interval")),
      begin_(clock.steady()),
      next_(begin_) {
  if (line_interval_->count() == 0) {
    line_interval_.reset();
  }
  next_ = begin_ + interval().value_or(kRedraw);
  log_.on_line([this] { drawer_.clear(columns()); });
}

LiveProgress::~LiveProgress() {
  log_.on_line({});
  drawer_.clear(columns());
}

std::size_t LiveProgress::columns() const {
  return terminal_columns(STDERR_FILENO, settings_.environment());
}

std::optional<std::chrono::milliseconds> LiveProgress::interval() const {
  return on_terminal_ ? std::optional<std::chrono::milliseconds>(kRedraw) : line_interval_;
}

ProgressCounts LiveProgress::counts() {
  const core::RunTally& tally = sources_.tally;
  const core::SteadyTime now = clock_.steady();
  ProgressCounts counts;
  counts.queried = static_cast<std::int64_t>(tally.queried);
  counts.tasks = std::max(static_cast<std::int64_t>(sources_.tasks), counts.queried);
  counts.succeeded = static_cast<std::int64_t>(tally.succeeded);
  counts.failed = static_cast<std::int64_t>(tally.failed);
  counts.not_answered = static_cast<std::int64_t>(tally.not_answered);
  counts.running = std::max<std::int64_t>(
      counts.queried - counts.succeeded - counts.failed - counts.not_answered, 0);
  counts.downloads_active = static_cast<std::int64_t>(sources_.downloads.in_flight());
  counts.downloads_left =
      static_cast<std::int64_t>(sources_.downloads.held()) - counts.downloads_active;
  counts.downloads_done = static_cast<std::int64_t>(tally.videos_downloaded);
  counts.downloads_failed = static_cast<std::int64_t>(tally.videos_failed + tally.videos_expired);
  counts.bytes = sources_.bytes_received();
  bytes_.add(now, counts.bytes);
  asked_.add(now, counts.queried);
  fetched_.add(now, counts.downloads_done);
  counts.bytes_per_second = bytes_.per_second();
  counts.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_);
  // The slower of both lanes; no guess while one of them has work and does not move.
  const std::int64_t unasked = counts.tasks - counts.queried;
  const std::int64_t unfetched = counts.downloads_active + counts.downloads_left;
  const auto for_tasks = unasked > 0 ? asked_.time_for(unasked) : std::chrono::milliseconds(0);
  const auto for_videos =
      unfetched > 0 ? fetched_.time_for(unfetched) : std::chrono::milliseconds(0);
  if (for_tasks && for_videos && (unasked > 0 || unfetched > 0)) {
    counts.remaining = std::max(*for_tasks, *for_videos);
  }
  if (const auto expiry = sources_.downloads.soonest_expiry()) {
    counts.soonest_end = *expiry - clock_.utc();
  }
  return counts;
}

void LiveProgress::turn() {
  if (interrupt_.take_report_request()) {
    log_.note(progress_line(counts()));
  }
  const core::SteadyTime now = clock_.steady();
  if (now < next_ || !interval()) {
    return;
  }
  next_ = now + *interval();
  if (on_terminal_) {
    const std::size_t width = columns();
    const auto block = progress_block(counts(), width);
    log_.between_lines([&] { drawer_.draw(block, width); });
  } else {
    log_.note(progress_line(counts()));
  }
}

}  // namespace cmd
