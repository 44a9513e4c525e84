#include "tests/support/fake_ledger.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

#include "core/domain/lifecycle.h"
#include "core/domain/video_lifecycle.h"

namespace support {
namespace {

// None as long as the page is on its way.
template <typename Page>
auto take(std::optional<Page>& page) -> std::optional<decltype(page->rows)> {
  if (!page || page->looks_left-- > 0) {
    return std::nullopt;
  }
  auto rows = std::move(page->rows);
  page.reset();
  return rows;
}

}  // namespace

void FakeLedger::add(const std::string& id, core::UtcTime first_seen) {
  const core::TaskKey key = static_cast<core::TaskKey>(tasks_.size()) + 1;
  core::TaskRecord record{.key = key, .id = std::get<core::TaskId>(core::TaskId::parse(id))};
  record.first_seen = first_seen;
  tasks_.emplace(key, Task{.record = std::move(record)});
  keys_[id] = key;
}

void FakeLedger::begin_run(std::int64_t run) {
  run_ = run;
  for (auto& [key, task] : tasks_) {
    task.settled =
        task.record.state != core::TaskState::unfinished && !task.record.settles_at.has_value();
  }
}

std::vector<core::TaskRecord> FakeLedger::tasks(core::TaskKey after, std::size_t limit) const {
  std::vector<core::TaskRecord> page;
  for (auto task = tasks_.upper_bound(after); task != tasks_.end() && page.size() < limit; ++task) {
    if (!task->second.settled) {
      page.push_back(task->second.record);
    }
  }
  return page;
}

std::vector<core::WantedVideo> FakeLedger::videos(std::size_t limit) const {
  std::vector<core::WantedVideo> wanted;
  for (const auto& [key, task] : tasks_) {
    for (const auto& [index, video] : task.videos) {
      if (video.standing.state == core::VideoState::wanted && video.standing.tried_in != run_) {
        core::WantedVideo one{.task = key, .id = task.record.id};
        one.link = video.link;
        one.attempts = video.attempts;
        one.first_refusal = video.standing.first_refusal;
        one.finish_time = task.finish_time;
        wanted.push_back(std::move(one));
      }
    }
  }
  std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) {
    return a.link.expires_at.value_or(core::UtcTime::max()) <
           b.link.expires_at.value_or(core::UtcTime::max());
  });
  if (wanted.size() > limit) {
    wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(limit), wanted.end());
  }
  return wanted;
}

bool FakeLedger::has_room(std::size_t entries) const {
  constexpr std::size_t kRoom = 4096;
  return entries <= kRoom;
}

core::Ticket FakeLedger::append(core::Entry entry) {
  if (before_append) {
    before_append(entry);
  }
  waiting_.push_back(std::move(entry));
  ++appended_;
  while (waiting_.size() > commit_lag) {
    commit_oldest();
  }
  return appended_;
}

void FakeLedger::commit_oldest() {
  core::Entry& entry = waiting_.front();
  const std::string why = unrecordable ? unrecordable(entry) : "";
  if (why.empty()) {
    std::visit([this](const auto& one) { apply(one); }, entry);
  } else {
    settle_instead(entry);
    const core::TaskKey key = std::visit([](const auto& one) { return one.task; }, entry);
    unrecorded_.push_back({.entry = std::move(entry),
                           .account = 0,
                           .task_id = tasks_.at(key).record.id.text(),
                           .why = why});
  }
  waiting_.pop_front();
  ++committed_;
}

void FakeLedger::settle_instead(const core::Entry& entry) {
  if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
    ++snapshots_;
    Task& task = tasks_.at(answer->task);
    task.settled = task.settled || answer->settled;
  } else if (const auto* video = std::get_if<core::VideoEntry>(&entry)) {
    core::VideoEntry wanted = *video;
    wanted.state = core::VideoState::wanted;
    apply(wanted);
  }
}

void FakeLedger::ask_for_tasks(core::TaskKey after, std::size_t limit) {
  assert(!task_page_);
  task_page_ = {tasks(after, limit), page_lag};
}

void FakeLedger::ask_for_videos(std::size_t limit) {
  assert(!video_page_);
  video_page_ = {videos(limit), page_lag};
}

std::optional<std::vector<core::TaskRecord>> FakeLedger::take_tasks() { return take(task_page_); }

std::optional<std::vector<core::WantedVideo>> FakeLedger::take_videos() {
  return take(video_page_);
}

void FakeLedger::flush() {
  if (task_page_) {
    task_page_->looks_left = 0;
  }
  if (video_page_) {
    video_page_->looks_left = 0;
  }
  while (!waiting_.empty()) {
    commit_oldest();
  }
}

void FakeLedger::apply(const core::AnswerEntry& entry) {
  Task& task = tasks_.at(entry.task);
  ++snapshots_;
  task.record.state = entry.state;
  task.record.last_query = entry.observed_at;
  task.record.not_found = entry.not_found;
  if (entry.answer.facts.submit_time && entry.answer.verdict != core::Verdict::wrong_task) {
    task.record.submit_time = entry.answer.facts.submit_time;
  }
  if (entry.is_final) {
    task.finish_time = entry.answer.facts.finish_time.value_or(entry.observed_at);
    task.record.settles_at = entry.settles_at;
  } else if (core::adds_nothing(entry.answer.verdict) && task.record.settles_at &&
             *task.record.settles_at <= entry.observed_at) {
    task.record.settles_at.reset();
  }
  task.record.live_fetch = task.record.live_fetch || entry.answer.live_fetch;
  task.settled = task.settled || entry.settled;
  for (const core::VideoLink& link : entry.answer.links) {
    const auto [place, is_new] = task.videos.try_emplace(link.index, Video{.link = link});
    Video& video = place->second;
    if (is_new || !core::takes_links(video.standing)) {
      continue;
    }
    video.standing =
        core::offered(video.standing, core::is_fresh(link, {video.link.expires_at, video.link}));
    video.link = link;
  }
}

void FakeLedger::apply(const core::SettleEntry& entry) { tasks_.at(entry.task).settled = true; }

void FakeLedger::apply(const core::VideoEntry& entry) {
  Video& video = tasks_.at(entry.task).videos.at(entry.index);
  video.standing = core::tried(entry.state, entry.first_refusal, run_);
  ++video.attempts;
}

const FakeLedger::Task& FakeLedger::task(const std::string& id) const {
  return tasks_.at(keys_.at(id));
}

core::TaskState FakeLedger::state(const std::string& id) const { return task(id).record.state; }

core::VideoState FakeLedger::video(const std::string& id, int index) const {
  return task(id).videos.at(index).standing.state;
}

std::size_t FakeLedger::count(core::TaskState state) const {
  return static_cast<std::size_t>(
      std::count_if(tasks_.begin(), tasks_.end(),
                    [state](const auto& one) { return one.second.record.state == state; }));
}

}  // namespace support
