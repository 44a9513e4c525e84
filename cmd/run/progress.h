// The progress of a run as text: a block on a terminal, one line elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace cmd {

/// A video that is being downloaded or published.
struct VideoProgress {
  std::string name;  ///< the task's ID, printable
  std::int64_t received = 0;
  std::optional<std::int64_t> size;  ///< none: not stated yet
  double bytes_per_second = 0;
  std::optional<std::chrono::milliseconds> life{};  ///< of its link; none: not known
  bool is_checked = false;                          ///< all bytes are there
};

/// What a terminal has room for.
struct Screen {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool utf8 = false;
};

/// The numbers at one moment. What has no value is unknown and not shown.
struct ProgressCounts {
  std::int64_t tasks = 0;  ///< of this run; 0: not known yet
  std::int64_t queried = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t unfinished = 0;  ///< answered as unfinished
  std::int64_t missing = 0;
  std::int64_t not_answered = 0;
  std::int64_t downloads_active = 0;
  std::int64_t downloads_done = 0;
  std::int64_t downloads_failed = 0;  ///< not downloaded in this run
  std::int64_t downloads_expired = 0;
  std::int64_t downloads_left = 0;  ///< of the whole run: known, not started
  double downloads_expected = 0;    ///< of tasks that are not settled, as of those that are
  std::int64_t bytes = 0;           ///< of the videos that are on disk
  double bytes_per_second = 0;
  double tasks_per_second = 0;
  bool waits = false;  ///< unfinished tasks are asked again
  std::chrono::milliseconds elapsed{0};
  std::optional<std::chrono::milliseconds> remaining;    ///< until the end, estimated
  std::optional<std::chrono::milliseconds> soonest_end;  ///< until the first link expires
  std::vector<VideoProgress> videos{};                   ///< under way, most urgent first
  std::string note{};                                    ///< what stops the run; else empty

  /// Tasks that are not asked again. `queried` is ahead of it: it also counts answers that are not
  /// recorded yet.
  [[nodiscard]] std::int64_t settled() const {
    return succeeded + failed + missing + not_answered + (waits ? 0 : unfinished);
  }
};

/// Lines of at most `columns` - 1 columns (a terminal wraps at the last one), at most `rows` - 1 of
/// them. Parts that do not fit are left out from the right, lines from the bottom.
[[nodiscard]] std::vector<std::string> progress_block(const ProgressCounts& counts,
                                                      const Screen& screen);
/// The same in one complete line, for SIGUSR1 and --progress-interval.
[[nodiscard]] std::string progress_line(const ProgressCounts& counts);

/// The growth per second of a number, over the last seconds. One thread.
class SpeedMeter {
 public:
  static constexpr std::chrono::seconds kWindow{10};
  /// For an estimate of an end that is far away.
  static constexpr std::chrono::seconds kLongWindow{60};

  explicit SpeedMeter(std::chrono::seconds window = kWindow) : window_(window) {}

  /// `total` so far, at `now`; neither may go back.
  void add(core::SteadyTime now, std::int64_t total);
  /// The last total; 0 before the first.
  [[nodiscard]] std::int64_t last() const { return samples_.empty() ? 0 : samples_.back().second; }
  /// Per second; 0 until two moments are known.
  [[nodiscard]] double per_second() const;
  /// The time for `amount` more at this speed; none if the speed is 0.
  [[nodiscard]] std::optional<std::chrono::milliseconds> time_for(std::int64_t amount) const;

 private:
  std::chrono::seconds window_;
  bool has_moved_ = false;
  std::deque<std::pair<core::SteadyTime, std::int64_t>> samples_;
};

/// Draws lines over the earlier ones at the bottom of a terminal, with one write(2) each time so
/// that nothing flickers; `clear` removes them. Not thread-safe: with a log on the same terminal,
/// call it inside Log::between_lines, and let Log::on_line call `clear`.
class ProgressDrawer {
 public:
  explicit ProgressDrawer(int fd) : fd_(fd) {}
  ~ProgressDrawer();
  ProgressDrawer(const ProgressDrawer&) = delete;
  ProgressDrawer& operator=(const ProgressDrawer&) = delete;

  /// `columns` is the terminal's width now: lines drawn before may have wrapped since.
  void draw(const std::vector<std::string>& lines, std::size_t columns);
  /// `columns`: the current width of the terminal.
  void clear(std::size_t columns);

 private:
  [[nodiscard]] std::string erasure(std::size_t columns) const;

  int fd_;
  std::vector<std::size_t> drawn_;  ///< the columns of the lines on the screen
  std::size_t columns_ = 80;
};

}  // namespace cmd
