#include "cmd/run/video_lines.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "cmd/cli/units.h"
#include "cmd/os/terminal.h"

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

// Tasks and videos together. Of tasks that are asked repeatedly, those that are finished.
struct Share {
  double done = 0;
  double total = 0;
};

Share share_of(const ProgressCounts& counts) {
  const auto number = [](std::int64_t count) { return static_cast<double>(count); };
  const double settled = number(counts.downloads_done) + number(counts.downloads_failed) +
                         number(counts.downloads_expired);
  const double asked = number(counts.queried) - (counts.waits ? number(counts.unfinished) : 0);
  return {.done = std::max(asked, 0.0) + settled,
          .total = number(counts.tasks) + settled + number(counts.downloads_active) +
                   number(counts.downloads_left) + counts.downloads_expected};
}

std::string speed_of(const VideoProgress& video) {
  return video.is_checked ? "checking" : format_size(std::llround(video.bytes_per_second)) + "/s";
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
  constexpr std::size_t kSize = 11;    // " 1023.9 MiB" never happens: at most four digits
  constexpr std::size_t kPercent = 7;  // "  100 %"
  constexpr std::size_t kSpeed = 13;   // "  99.9 MiB/s"
  constexpr std::size_t kLife = 21;    // "  expires in 23h 59m"
  constexpr std::size_t kNameMin = 8;
  constexpr std::size_t kNameMax = 48;
  const std::size_t figures = 2 + kSize + kPercent + kSpeed;
  if (lines == 0 || screen.columns < figures + kNameMin) {
    return {};
  }
  const bool has_life = screen.columns >= figures + kLife + 2 * kNameMin;
  const std::size_t name_columns =
      std::min(screen.columns - figures - (has_life ? kLife : 0), kNameMax);
  const bool all_fit = counts.videos.size() <= lines;
  std::vector<std::string> text;
  for (std::size_t i = 0; i < (all_fit ? counts.videos.size() : lines - 1); ++i) {
    const VideoProgress& video = counts.videos.at(i);
    std::string line = "  " + padded(cut(video.name, name_columns), name_columns) +
                       right(format_size(video.size.value_or(video.received)), kSize) +
                       right(percent_of(video), kPercent) + right(speed_of(video), kSpeed);
    if (has_life) {
      line += right(life_of(video), kLife);
    }
    text.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  if (!all_fit) {
    text.push_back("  and " + std::to_string(counts.videos.size() - text.size()) + " more");
  }
  return text;
}

}  // namespace cmd
