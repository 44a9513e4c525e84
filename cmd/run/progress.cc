#include "cmd/run/progress.h"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <string_view>

#include "cmd/cli/units.h"
#include "cmd/os/terminal.h"
#include "cmd/run/video_lines.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

// A line of the block: its subject and its parts, the most important part first.
struct Topic {
  std::string_view name;
  std::vector<std::string> parts;
};

std::string number(std::int64_t count, std::string_view what) {
  return std::to_string(count).append(" ").append(what);
}

std::string part_of(std::int64_t count, std::int64_t total, std::string_view what) {
  std::string text = std::to_string(count);
  if (total > 0) {
    text += " of " + std::to_string(total);
  }
  return text.append(" ").append(what);
}

Topic tasks_topic(const ProgressCounts& counts) {
  Topic topic{"tasks", {part_of(counts.queried, counts.tasks, "asked")}};
  const bool is_over = counts.tasks > 0 && counts.queried >= counts.tasks;
  if (counts.tasks_per_second >= 0.5 && !is_over) {
    topic.parts.front() += ", " + std::to_string(std::llround(counts.tasks_per_second)) + "/s";
  }
  topic.parts.push_back(number(counts.succeeded, "succeeded"));
  if (counts.failed > 0) {
    topic.parts.push_back(number(counts.failed, "failed"));
  }
  if (counts.not_answered > 0) {
    topic.parts.push_back(number(counts.not_answered, "not answered"));
  }
  if (counts.unfinished > 0) {
    topic.parts.push_back(number(counts.unfinished, "unfinished"));
  }
  if (counts.missing > 0) {
    topic.parts.push_back(number(counts.missing, "missing"));
  }
  return topic;
}

Topic videos_topic(const ProgressCounts& counts) {
  const std::int64_t total = counts.downloads_active + counts.downloads_done +
                             counts.downloads_failed + counts.downloads_expired +
                             counts.downloads_left;
  if (total == 0) {
    return {"videos", {}};
  }
  Topic topic{"videos", {part_of(counts.downloads_done, total, "on disk")}};
  if (counts.downloads_active > 0) {
    topic.parts.push_back(number(counts.downloads_active, "under way"));
    topic.parts.push_back(format_size(std::llround(counts.bytes_per_second)) + "/s");
  }
  if (counts.downloads_left > 0) {
    topic.parts.push_back(number(counts.downloads_left, "to come"));
  }
  if (counts.downloads_failed > 0) {
    topic.parts.push_back(number(counts.downloads_failed, "not fetched"));
  }
  if (counts.downloads_expired > 0) {
    topic.parts.push_back(number(counts.downloads_expired, "expired"));
  }
  if (counts.bytes > 0) {
    topic.parts.push_back(format_size(counts.bytes));
  }
  return topic;
}

Topic time_topic(const ProgressCounts& counts) {
  Topic topic{"time", {format_duration(std::chrono::floor<std::chrono::seconds>(counts.elapsed))}};
  if (counts.soonest_end) {
    const bool alive = counts.soonest_end->count() > 0;
    topic.parts.push_back(alive ? "a link expires in " + format_duration(*counts.soonest_end)
                                : "a link has probably expired");
  }
  if (counts.remaining) {
    // A duration is rounded down to seconds, which would be a large error for a few seconds.
    const auto left = std::max(std::chrono::round<std::chrono::seconds>(*counts.remaining),
                               std::chrono::seconds(1));
    topic.parts.push_back("about " + format_duration(left) + " left");
  }
  return topic;
}

std::string joined(const std::vector<std::string>& parts, std::string text,
                   std::size_t columns_max) {
  bool first = true;
  for (const std::string& part : parts) {
    const std::string_view separator = first ? "" : ", ";
    if (text.size() + separator.size() + part.size() > columns_max) {
      break;
    }
    text.append(separator).append(part);
    first = false;
  }
  return text;
}

}  // namespace

std::vector<std::string> progress_block(const ProgressCounts& counts, const Screen& screen) {
  constexpr std::size_t kNameColumns = 8;
  const std::size_t columns_max = screen.columns - std::min<std::size_t>(screen.columns, 1);
  const std::size_t rows_max = screen.rows - std::min<std::size_t>(screen.rows, 1);
  const Screen inner{.columns = columns_max, .rows = rows_max, .utf8 = screen.utf8};
  std::vector<std::string> lines;
  if (std::string bar = progress_bar(counts, inner); !bar.empty()) {
    lines.push_back(std::move(bar));
  }
  for (const Topic& topic : {tasks_topic(counts), videos_topic(counts), time_topic(counts)}) {
    if (topic.parts.empty()) {
      continue;
    }
    std::string name(topic.name);
    name.resize(kNameColumns, ' ');
    std::string line = joined(topic.parts, std::move(name), columns_max);
    line.resize(std::min(line.size(), columns_max));
    lines.push_back(std::move(line));
  }
  if (!counts.note.empty()) {
    lines.push_back(cut(core::printable(counts.note, columns_max), columns_max));
  }
  lines.resize(std::min(lines.size(), rows_max));
  const auto videos = video_lines(counts, inner, rows_max - lines.size());
  lines.insert(lines.end(), videos.begin(), videos.end());
  return lines;
}

std::string progress_line(const ProgressCounts& counts) {
  std::string line;
  for (const Topic& topic : {tasks_topic(counts), videos_topic(counts), time_topic(counts)}) {
    if (topic.parts.empty()) {
      continue;
    }
    if (!line.empty()) {
      line += "; ";
    }
    line = joined(topic.parts, line.append(topic.name).append(" "), std::string::npos);
  }
  return line;
}

void SpeedMeter::add(core::SteadyTime now, std::int64_t total) {
  // The time before the first growth does not count.
  has_moved_ = has_moved_ || (!samples_.empty() && samples_.back().second != total);
  if (!has_moved_) {
    samples_.clear();
  }
  samples_.emplace_back(now, total);
  // Keep one sample at or before the start of the window, so that the samples span it.
  while (samples_.size() > 2 && samples_[1].first <= now - window_) {
    samples_.pop_front();
  }
  // Calls within a short time share one sample, so that the memory of the window is bounded.
  constexpr std::chrono::milliseconds kSampleTime{100};
  const std::size_t count = samples_.size();
  if (count > 2 && samples_[count - 1].first - samples_[count - 3].first < kSampleTime) {
    samples_.erase(samples_.end() - 2);
  }
}

double SpeedMeter::per_second() const {
  if (samples_.size() < 2) {
    return 0;
  }
  const std::chrono::duration<double> time = samples_.back().first - samples_.front().first;
  if (time.count() <= 0) {
    return 0;
  }
  return static_cast<double>(samples_.back().second - samples_.front().second) / time.count();
}

std::optional<std::chrono::milliseconds> SpeedMeter::time_for(std::int64_t amount) const {
  const double speed = per_second();
  if (speed <= 0) {
    return std::nullopt;
  }
  const double seconds = static_cast<double>(amount) / speed;
  const std::chrono::duration<double> longest = kDurationMax;
  if (seconds > longest.count()) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

ProgressDrawer::~ProgressDrawer() { clear(columns_); }

std::string ProgressDrawer::erasure(std::size_t columns) const {
  if (drawn_.empty()) {
    return "";
  }
  std::size_t rows = 0;
  for (const std::size_t length : drawn_) {
    rows += std::max<std::size_t>(1, (length + columns - 1) / columns);
  }
  // The cursor is at the end of the last row: move to the first one, then erase to the end.
  std::string text = "\r";
  if (rows > 1) {
    text += "\033[" + std::to_string(rows - 1) + "A";
  }
  return text + "\033[J";
}

void ProgressDrawer::draw(const std::vector<std::string>& lines, std::size_t columns) {
  columns_ = std::max<std::size_t>(columns, 1);
  std::string text = erasure(columns_);
  drawn_.clear();
  for (const std::string& line : lines) {
    if (!drawn_.empty()) {
      text += "\n";
    }
    text += line;
    drawn_.push_back(text_columns(line));
  }
  // If the terminal is gone, nobody reads progress: a failed write is ignored.
  while (::write(fd_, text.data(), text.size()) < 0 && errno == EINTR) {
  }
}

void ProgressDrawer::clear(std::size_t columns) {
  if (!drawn_.empty()) {
    draw({}, columns);
  }
}

}  // namespace cmd
