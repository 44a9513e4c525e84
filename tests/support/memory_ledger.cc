#include "tests/support/memory_ledger.h"

#include <algorithm>
#include <utility>

#include "core/files/sha256.h"

namespace support {
namespace {

// Applies the facts of an answer: a fact that it lacks stays, except for facts of the final answer
// if the answer is final.
void take_facts(core::TaskFacts& facts, const core::TaskFacts& said, bool is_final) {
  for (const core::Fact& fact : core::kFacts) {
    const bool sticks = core::is_of_any_answer(fact);
    if (!sticks && !is_final) {
      continue;
    }
    std::visit(
        [&](auto member) {
          if (!sticks || said.*member != decltype(said.*member){}) {
            facts.*member = said.*member;
          }
        },
        fact.member);
  }
}

}  // namespace

core::TaskKey MemoryLedger::find(const std::string& account, const std::string& id) const {
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const auto& one) {
    return one.second.account == account && one.second.id.text() == id;
  });
  return found == tasks.end() ? 0 : found->first;
}

core::TaskKey MemoryLedger::add(Task task) {
  add_account(task.account);
  const core::TaskKey key = std::ssize(tasks) + 1;
  tasks.emplace(key, std::move(task));
  return key;
}

void MemoryLedger::add_account(const std::string& name) {
  if (std::find(accounts.begin(), accounts.end(), name) == accounts.end()) {
    accounts.push_back(name);
  }
}

void MemoryLedger::apply(const core::AnswerEntry& entry) {
  Task& task = tasks.at(entry.task);
  core::Sha256 hash;
  hash.update(entry.body);
  snapshots.push_back({.number = next_snapshot++,
                       .task = entry.task,
                       .run = run,
                       .observed_at = entry.observed_at,
                       .http_status = entry.http_status,
                       .body = entry.body,
                       .sha256 = core::hex(hash.finish()),
                       .answer = entry.answer,
                       .is_final = entry.is_final});
  move_facts(task, entry);
  task.standing = {entry.state, entry.not_found};
  task.last_query = entry.observed_at;
  ++task.queries;
  if (entry.is_final) {
    task.settles_at = entry.settles_at;
  } else if (core::adds_nothing(entry.answer.verdict) && task.settles_at &&
             *task.settles_at <= entry.observed_at) {
    task.settles_at.reset();
  }
  task.live_fetch = task.live_fetch || entry.answer.live_fetch;
  if (entry.settled) {
    apply(core::SettleEntry{entry.task});
  }
  for (const core::VideoLink& link : entry.answer.links) {
    offer(task, link);
  }
}

void MemoryLedger::move_facts(Task& task, const core::AnswerEntry& entry) {
  const std::size_t answer = snapshots.size() - 1;
  const bool is_finished =
      entry.state == core::TaskState::succeeded || entry.state == core::TaskState::failed;
  if (entry.is_final || (entry.answer.verdict != core::Verdict::wrong_task && !is_finished)) {
    take_facts(task.facts, entry.answer.facts, entry.is_final);
  }
  if (core::tells_status(entry.answer.verdict, entry.state)) {
    task.status_answer = answer;
  }
  // The same bytes again are not another answer.
  if (entry.is_final && !(task.final_answer &&
                          snapshots.at(*task.final_answer).sha256 == snapshots.at(answer).sha256)) {
    task.final_answer = answer;
  }
}

void MemoryLedger::offer(Task& task, const core::VideoLink& link) {
  const std::size_t answer = snapshots.size() - 1;
  const auto [place, is_new] =
      task.videos.try_emplace(link.index, Video{.link = link, .offered_by = answer});
  Video& video = place->second;
  if (is_new || !core::takes_links(video.standing)) {
    return;
  }
  const bool is_pruned = snapshots.at(video.offered_by).is_pruned;
  const core::KnownLink before{video.link.expires_at,
                               is_pruned ? std::nullopt : std::optional(video.link)};
  video.standing = core::offered(video.standing, core::is_fresh(link, before));
  video.link = link;
  video.offered_by = answer;
}

void MemoryLedger::apply(const core::SettleEntry& entry) {
  if (const auto item = work.find(entry.task); item != work.end()) {
    item->second = true;
  }
}

void MemoryLedger::apply(const core::VideoEntry& entry) {
  Video& video = tasks.at(entry.task).videos.at(entry.index);
  video.standing = core::tried(entry.state, entry.first_refusal, run);
  ++video.attempts;
  video.file = entry.file ? entry.file : video.file;
  video.error = entry.error;
}

void MemoryLedger::forget(const std::string& account, const std::string& id) {
  const auto found = tasks.find(find(account, id));
  if (found != tasks.end() && !found->second.final_answer && found->second.videos.empty()) {
    found->second.is_forgotten = true;
  }
}

void MemoryLedger::prune(bool all) {
  const auto is_spared = [&](core::TaskKey task) {
    return std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
      return line.task == task &&
             std::any_of(closed.begin(), closed.end(), [&](const core::ClosedPeriod& one) {
               return one.key == line.period && one.bundle.empty();
             });
    });
  };
  for (Snapshot& snapshot : snapshots) {
    const Task& task = tasks.at(snapshot.task);
    snapshot.is_pruned =
        snapshot.is_pruned ||
        ((all || !is_spared(snapshot.task)) && task.standing.state != core::TaskState::unfinished &&
         std::none_of(task.videos.begin(), task.videos.end(), [](const auto& one) {
           return one.second.standing.state == core::VideoState::wanted;
         }));
  }
}

const std::string& MemoryLedger::model(const Task& task) {
  return task.facts.model.empty() ? task.input_model : task.facts.model;
}

core::UtcTime MemoryLedger::finish_time(const Task& task, const Video& video) const {
  return task.facts.finish_time.value_or(snapshots.at(video.offered_by).observed_at);
}

bool MemoryLedger::is_open(const Task& task) {
  return task.standing.state == core::TaskState::unfinished && !task.is_forgotten;
}

bool MemoryLedger::is_stale(const Task& task, core::UtcTime before) {
  return core::is_stale(task.facts.submit_time, task.first_seen, before);
}

std::vector<int> MemoryLedger::gone_files(const Task& task, const core::OnDisk& on_disk) {
  std::vector<int> gone;
  for (const auto& [index, video] : task.videos) {
    if (on_disk && core::needs_its_files(task.standing.state) &&
        video.standing.state == core::VideoState::done &&
        !on_disk(video.file->path, video.file->bytes)) {
      gone.push_back(index);
    }
  }
  return gone;
}

bool MemoryLedger::asks(const Task& task, bool refresh, bool lacks_a_file) {
  return core::is_to_be_asked({.state = task.standing.state,
                               .is_unsettled = task.settles_at.has_value(),
                               .is_forgotten = task.is_forgotten,
                               .lacks_a_file = lacks_a_file},
                              refresh);
}

std::map<core::TaskKey, bool> MemoryLedger::pending(const std::string& account,
                                                    core::UtcTime stale_before) const {
  std::map<core::TaskKey, bool> pending;
  for (const auto& [key, task] : tasks) {
    if (task.account != account) {
      continue;
    }
    if ((is_open(task) && !is_stale(task, stale_before)) || task.settles_at) {
      pending[key] = false;
      continue;
    }
    for (const auto& [index, video] : task.videos) {
      if (video.standing.state == core::VideoState::wanted) {
        const bool has_link = !snapshots.at(video.offered_by).is_pruned;
        pending[key] = has_link && (!pending.contains(key) || pending[key]);
      }
    }
  }
  return pending;
}

std::chrono::milliseconds MemoryLedger::stale_after() const {
  return runs.empty() ? std::chrono::milliseconds::max() : runs.back().start.stale_after;
}

}  // namespace support
