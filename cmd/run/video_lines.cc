#include "cmd/run/video_lines.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "cmd/cli/units.h"
#include "cmd/os/terminal.h"
#include "core/text/utf8.h"

namespace cmd {
namespace {

// Braille patterns take one column everywhere; blocks take two in many Chinese and Japanese fonts.
constexpr std::string_view kDone = "\xE2\xA3\xBF";
constexpr std::string_view kLeft = "\xE2\xA3\x80";

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) {
    text += piece;
  }
  return text;
}

std::string right(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, text.size()), ' ') + text;
}

// Rounded down: what is not complete is never "100".
std::int64_t percent(double done, double total) {
  return total <= 0 || done <= 0 ? 0 : static_cast<std::int64_t>(std::min(done / total, 1.0) * 100);
}

// Tasks and videos together.
struct Share {
  double done = 0;
  double total = 0;
};

Share share_of(const ProgressCounts& counts) {
  const auto number = [](std::int64_t count) { return static_cast<double>(count); };
  const double settled = number(counts.downloads_done) + number(counts.downloads_failed) +
                         number(counts.downloads_expired);
  return {.done = number(counts.settled()) + settled,
          .total = number(counts.tasks) + settled + number(counts.downloads_active) +
                   number(counts.downloads_left) + counts.downloads_expected};
}

// The widths of the columns, each with the gap before it.
struct Widths {
  std::size_t size = 11;                    // "   1023 MiB": at most four digits
  std::size_t percent = 7;                  // "  100 %"
  std::size_t speed = 13;                   // "   1023 KiB/s"
  static constexpr std::size_t kLife = 21;  // "  expires in 23h 59m"

  [[nodiscard]] std::size_t figures() const { return size + percent + speed; }
};

// IDs of one gateway begin alike, and a further video of a task has its number at the end.
std::string shortened(const std::string& name, std::size_t columns) {
  constexpr std::string_view kDots = "...";
  if (text_columns(name) <= columns || columns <= kDots.size()) {
    return cut(name, columns);
  }
  const std::size_t tail_columns = (columns - kDots.size()) / 2;
  std::size_t tail = 0;
  while (text_columns(std::string_view(name).substr(tail)) > tail_columns) {
    tail += core::utf8_character(name, tail).bytes;
  }
  const std::string end = name.substr(tail);
  return cut(name, columns - text_columns(end)) + end;
}

std::string speed_of(const VideoProgress& video) {
  if (video.is_checked) {
    return "checking";
  }
  const bool has_begun = video.received > 0 || video.size;
  return has_begun ? format_size(std::llround(video.bytes_per_second)) + "/s" : "waiting";
}

std::string size_of(const VideoProgress& video) {
  const std::int64_t bytes = video.size.value_or(video.received);
  return bytes > 0 ? format_size(bytes) : "";
}

std::string percent_of(const VideoProgress& video) {
  if (video.is_checked || !video.size) {
    return "";
  }
  return std::to_string(
             percent(static_cast<double>(video.received), static_cast<double>(*video.size))) +
         " %";
}

std::string life_of(const VideoProgress& video) {
  return video.life ? "expires in " + format_duration(*video.life) : "";
}

}  // namespace

std::string progress_bar(const ProgressCounts& counts, const Screen& screen) {
  constexpr std::size_t kLengthMin = 5;
  constexpr std::size_t kLengthMax = 40;
  constexpr std::size_t kAround = 8;  // "[]  42 %"
  const Share share = share_of(counts);
  const bool is_known = counts.tasks >= counts.queried;  // not while a list is imported
  if (!is_known || share.total <= 0 || screen.columns < kLengthMin + kAround) {
    return "";
  }
  const std::int64_t part = percent(share.done, share.total);
  const std::size_t length = std::clamp(screen.columns / 3, kLengthMin, kLengthMax);
  const std::size_t filled = length * static_cast<std::size_t>(part) / 100;
  return "[" + repeated(screen.utf8 ? kDone : "#", filled) +
         repeated(screen.utf8 ? kLeft : "-", length - filled) + "]" +
         right(std::to_string(part), 4) + " %";
}

std::vector<std::string> video_lines(const ProgressCounts& counts, const Screen& screen,
                                     std::size_t lines) {
  constexpr std::size_t kIndent = 2;
  constexpr std::size_t kNameMin = 8;
  constexpr std::size_t kNameMax = 48;
  constexpr std::size_t kWideMin = 48;
  const Widths widths =
      screen.columns < kWideMin ? Widths{.size = 9, .percent = 6, .speed = 11} : Widths{};
  const std::size_t figures = kIndent + widths.figures();
  if (lines == 0 || screen.columns < figures + kNameMin) {
    return {};
  }
  const bool has_life = screen.columns >= figures + Widths::kLife + 2 * kNameMin;
  const std::size_t name_columns =
      std::min(screen.columns - figures - (has_life ? Widths::kLife : 0), kNameMax);
  const bool all_fit = counts.videos.size() <= lines;
  std::vector<std::string> text;
  for (std::size_t i = 0; i < (all_fit ? counts.videos.size() : lines - 1); ++i) {
    const VideoProgress& video = counts.videos.at(i);
    std::string line = "  " + padded(shortened(video.name, name_columns), name_columns) +
                       right(size_of(video), widths.size) +
                       right(percent_of(video), widths.percent) +
                       right(speed_of(video), widths.speed);
    if (has_life) {
      line += right(life_of(video), Widths::kLife);
    }
    text.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  if (!all_fit) {
    text.push_back("  and " + std::to_string(counts.videos.size() - text.size()) + " more");
  }
  return text;
}

}  // namespace cmd
