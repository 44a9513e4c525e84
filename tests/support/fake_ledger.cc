#include "tests/support/fake_ledger.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace support {
namespace {

// The account of tasks that are added with `add`.
const std::string kAccount = "default";

// None while the page has not arrived.
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
  memory_->add({.account = kAccount,
                .id = std::get<core::TaskId>(core::TaskId::parse(id)),
                .first_seen = first_seen});
}

void FakeLedger::begin_run(std::int64_t run) {
  memory_->run = run;
  memory_->work.clear();
  import.reset();
  for (const auto& [key, task] : memory_->tasks) {
    memory_->work[key] = !MemoryLedger::asks(task, false, false);
  }
}

void FakeLedger::begin_import(std::int64_t run) {
  memory_->run = run;
  memory_->work.clear();
  import = core::ImportStanding{.new_above =
                                    memory_->tasks.empty() ? 0 : memory_->tasks.rbegin()->first};
}

void FakeLedger::import_new(const std::string& id, core::UtcTime first_seen) {
  add(id, first_seen);
  memory_->work[memory_->tasks.rbegin()->first] = false;
}

void FakeLedger::import_known(const std::string& id) {
  const core::TaskKey key = memory_->find(kAccount, id);
  assert(key <= import.value().new_above);
  memory_->work[key] = !MemoryLedger::asks(memory_->tasks.at(key), false, false);
}

int FakeLedger::account_index(const MemoryLedger::Task& task) const {
  if (memory_->runs.empty()) {
    return 0;
  }
  const auto& accounts = memory_->runs.back().start.accounts;
  return static_cast<int>(std::find(accounts.begin(), accounts.end(), task.account) -
                          accounts.begin());
}

std::vector<core::TaskRecord> FakeLedger::tasks(core::TaskKey after, std::size_t limit) const {
  std::vector<core::TaskRecord> page;
  for (auto item = memory_->work.upper_bound(after);
       item != memory_->work.end() && page.size() < limit; ++item) {
    if (item->second) {
      continue;
    }
    const MemoryLedger::Task& task = memory_->tasks.at(item->first);
    page.push_back({.key = item->first,
                    .account = account_index(task),
                    .id = task.id,
                    .state = task.standing.state,
                    .first_seen = task.first_seen,
                    .submit_time = task.facts.submit_time,
                    .last_query = task.last_query,
                    .not_found = task.standing.not_found,
                    .settles_at = task.settles_at,
                    .live_fetch = task.live_fetch});
  }
  return page;
}

std::vector<core::WantedVideo> FakeLedger::videos(std::size_t limit) const {
  std::vector<core::WantedVideo> wanted;
  for (const auto& [key, settled] : memory_->work) {
    const MemoryLedger::Task& task = memory_->tasks.at(key);
    for (const auto& [index, video] : task.videos) {
      const MemoryLedger::Snapshot& answer = memory_->snapshots.at(video.offered_by);
      if (video.standing.state == core::VideoState::wanted &&
          video.standing.tried_in != memory_->run && !answer.is_pruned) {
        wanted.push_back({.task = key,
                          .account = account_index(task),
                          .id = task.id,
                          .link = video.link,
                          .attempts = video.attempts,
                          .first_refusal = video.standing.first_refusal,
                          .path = video.file ? video.file->path : "",
                          .model = MemoryLedger::model(task),
                          .status = answer.answer.status,
                          .finish_time = memory_->finish_time(task, video),
                          .labels = task.labels});
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

core::Ticket FakeLedger::append(core::Entry&& entry) {
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
    std::visit([this](const auto& one) { memory_->apply(one); }, entry);
  } else {
    settle_instead(entry);
    const core::TaskKey key = std::visit([](const auto& one) { return one.task; }, entry);
    unrecorded_.push_back({.entry = std::move(entry),
                           .account = account_index(memory_->tasks.at(key)),
                           .task_id = memory_->tasks.at(key).id.text(),
                           .why = why});
  }
  waiting_.pop_front();
  ++committed_;
}

// See core::Unrecorded.
void FakeLedger::settle_instead(const core::Entry& entry) {
  if (const auto* answer = std::get_if<core::AnswerEntry>(&entry)) {
    core::AnswerEntry raw = *answer;
    raw.answer = core::nothing_taken();
    raw.is_final = false;
    const core::TaskStanding& standing = memory_->tasks.at(answer->task).standing;
    raw.state = standing.state;
    raw.not_found = standing.not_found;
    memory_->apply(raw);
  } else if (const auto* video = std::get_if<core::VideoEntry>(&entry)) {
    core::VideoEntry wanted = *video;
    wanted.state = core::VideoState::wanted;
    wanted.file.reset();
    memory_->apply(wanted);
  }
}

void FakeLedger::ask_for_tasks(core::TaskKey after, std::size_t limit) {
  assert(!task_page_);
  task_page_ = {tasks(after, limit), page_lag};
}

std::vector<core::TaskRecord> FakeLedger::named_tasks(int account, std::vector<core::TaskId> ids) {
  assert(!task_page_);
  std::vector<core::TaskRecord> named = tasks(0, memory_->work.size());
  std::erase_if(named, [&](const core::TaskRecord& task) {
    return task.account != account || std::find(ids.begin(), ids.end(), task.id) == ids.end();
  });
  return named;
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

void FakeLedger::lose_link(const std::string& id) {
  memory_->tasks.at(memory_->find(kAccount, id)).videos.at(1).link.url.clear();
}

const MemoryLedger::Task& FakeLedger::task(const std::string& id) const {
  return memory_->tasks.at(memory_->find(kAccount, id));
}

core::TaskState FakeLedger::state(const std::string& id) const { return task(id).standing.state; }

core::VideoState FakeLedger::video(const std::string& id, int index) const {
  return task(id).videos.at(index).standing.state;
}

std::size_t FakeLedger::count(core::TaskState state) const {
  return static_cast<std::size_t>(
      std::count_if(memory_->tasks.begin(), memory_->tasks.end(),
                    [state](const auto& one) { return one.second.standing.state == state; }));
}

}  // namespace support
