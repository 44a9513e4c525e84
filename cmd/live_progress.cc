#include "cmd/live_progress.h"

#include <unistd.h>

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
      on_terminal_(is_terminal(STDERR_FILENO) && !settings.flag("quiet") &&
                   settings.text("log-format") == "text"),
      line_interval_(settings.duration("progress-interval")),
      begin_(clock.steady()),
      next_(begin_) {
  if (line_interval_->count() == 0) {
    line_interval_.reset();
  }
  next_ = begin_ + interval().value_or(kRedraw);
  log_.on_line([this] { drawer_.clear(); });
}

LiveProgress::~LiveProgress() {
  log_.on_line({});
  drawer_.clear();
}

std::optional<std::chrono::milliseconds> LiveProgress::interval() const {
  return on_terminal_ ? std::optional<std::chrono::milliseconds>(kRedraw) : line_interval_;
}

ProgressCounts LiveProgress::counts() {
  const core::RunTally& tally = sources_.tally;
  const core::SteadyTime now = clock_.steady();
  ProgressCounts counts;
  counts.queried = static_cast<std::int64_t>(tally.queried);
  counts.finished = static_cast<std::int64_t>(tally.succeeded + tally.failed);
  counts.failed = static_cast<std::int64_t>(tally.failed);
  counts.running = counts.queried - counts.finished;
  counts.downloads_active = static_cast<std::int64_t>(sources_.downloads_in_flight());
  counts.downloads_done = static_cast<std::int64_t>(tally.videos_downloaded);
  counts.downloads_failed = static_cast<std::int64_t>(tally.videos_failed + tally.videos_expired);
  counts.bytes = sources_.bytes_received();
  speed_.add(now, counts.bytes);
  counts.bytes_per_second = speed_.per_second();
  counts.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begin_);
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
    const std::size_t columns = terminal_columns(STDERR_FILENO, settings_.environment());
    const auto block = progress_block(counts(), columns);
    log_.between_lines([&] { drawer_.draw(block, columns); });
  } else {
    log_.note(progress_line(counts()));
  }
}

}  // namespace cmd
