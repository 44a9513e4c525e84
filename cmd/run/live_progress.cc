#include "cmd/run/live_progress.h"

#include <unistd.h>

#include <utility>

#include "cmd/os/terminal.h"

namespace cmd {

LiveProgress::LiveProgress(const Settings& settings, Log& log, Interrupt& interrupt,
                           const core::Clock& clock, ProgressMeter::Sources sources)
    : settings_(settings),
      log_(log),
      interrupt_(interrupt),
      clock_(clock),
      meter_(clock, std::move(sources)),
      drawer_(STDERR_FILENO),
      on_terminal_(is_terminal(STDERR_FILENO) && !is_dumb(settings.environment()) &&
                   !settings.flag("quiet") && settings.text("log-format") == "text"),
      line_interval_(settings.duration("progress-interval")),
      next_(clock.steady()) {
  if (line_interval_->count() == 0) {
    line_interval_.reset();
  }
  next_ += interval().value_or(kRedraw);
  log_.on_line([this] { drawer_.clear(columns()); });
}

LiveProgress::~LiveProgress() {
  log_.on_line({});
  drawer_.clear(columns());
}

std::size_t LiveProgress::columns() const {
  return terminal_columns(STDERR_FILENO, settings_.environment());
}

Screen LiveProgress::screen() const {
  return {.columns = columns(),
          .rows = terminal_rows(STDERR_FILENO),
          .utf8 = has_utf8(settings_.environment())};
}

std::optional<std::chrono::milliseconds> LiveProgress::interval() const {
  return on_terminal_ ? std::optional<std::chrono::milliseconds>(kRedraw) : line_interval_;
}

void LiveProgress::turn() {
  const core::SteadyTime now = clock_.steady();
  if (now >= next_look_) {
    next_look_ = now + kLook;
    meter_.look();
  }
  if (interrupt_.take_report_request()) {
    log_.note(progress_line(meter_.counts()));
  }
  if (now < next_ || !interval()) {
    return;
  }
  next_ = now + *interval();
  if (on_terminal_) {
    const Screen size = screen();
    const auto block = progress_block(meter_.counts(), size);
    log_.between_lines([&] { drawer_.draw(block, size.columns); });
  } else {
    log_.note(progress_line(meter_.counts()));
  }
}

}  // namespace cmd
