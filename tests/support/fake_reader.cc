#include "tests/support/fake_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace support {
namespace {

using core::VideoState;

// Times as in the views: "2026-06-01T03:33:40Z", some with milliseconds.
std::optional<std::string> text(const std::optional<core::UtcTime>& time, bool with_ms = false) {
  if (!time) {
    return std::nullopt;
  }
  const auto second = std::chrono::floor<std::chrono::seconds>(*time);
  const std::time_t since = std::chrono::system_clock::to_time_t(second);
  std::tm parts{};
  gmtime_r(&since, &parts);
  std::array<char, 32> begin{};
  std::strftime(begin.data(), begin.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> ms{};
  std::snprintf(ms.data(), ms.size(), ".%03d", static_cast<int>((*time - second).count()));
  return std::string(begin.data()) + (with_ms ? ms.data() : "") + "Z";
}

std::optional<std::string> unless_empty(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional(value);
}

template <typename Number>
std::string number(Number value) {
  return std::to_string(value);
}

std::optional<std::string> json(const core::Labels& labels) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : labels) {
    object[name] = value;
  }
  return labels.empty() ? std::nullopt : std::optional(object.dump());
}

core::ViewRow row_of(const MemoryLedger::Task& task, int index, const MemoryLedger::Video& video) {
  return {{"account", task.account},
          {"task_id", task.id.text()},
          {"video_index", number(index)},
          {"state", std::string(core::name(video.standing.state))},
          {"path", video.file ? std::optional(video.file->path) : std::nullopt},
          {"bytes", video.file ? std::optional(number(video.file->bytes)) : std::nullopt},
          {"sha256", video.file ? std::optional(video.file->sha256) : std::nullopt},
          {"expires_at", text(video.link.expires_at)},
          {"attempts", number(video.attempts)},
          {"last_error", unless_empty(video.error)}};
}

}  // namespace

core::LedgerTotals FakeReader::totals(core::UtcTime now) {
  core::LedgerTotals totals;
  const auto earlier = [](std::optional<core::UtcTime>& least, core::UtcTime time) {
    least = std::min(least.value_or(time), time);
  };
  for (const auto& [key, task] : memory_->tasks) {
    for (const auto& [index, video] : task.videos) {
      const auto is = [state = video.standing.state](VideoState one) {
        return state == one ? 1U : 0U;
      };
      totals.videos_wanted += is(VideoState::wanted);
      totals.videos_done += is(VideoState::done);
      totals.videos_failed += is(VideoState::failed);
      totals.videos_expired += is(VideoState::expired);
      totals.video_bytes += video.file ? video.file->bytes : 0;
      if (video.standing.state == VideoState::wanted && video.link.expires_at) {
        earlier(totals.soonest_expiry, *video.link.expires_at);
      }
    }
    if (task.is_forgotten) {
      ++totals.forgotten;
      continue;
    }
    const auto is = [state = task.standing.state](core::TaskState one) {
      return state == one ? 1U : 0U;
    };
    ++totals.tasks;
    totals.unfinished += is(core::TaskState::unfinished);
    totals.succeeded += is(core::TaskState::succeeded);
    totals.failed += is(core::TaskState::failed);
    totals.missing += is(core::TaskState::missing);
    if (MemoryLedger::is_open(task)) {
      earlier(totals.oldest_unfinished, task.facts.submit_time.value_or(task.first_seen));
      const core::UtcTime before = core::stale_before(now, memory_->stale_after());
      totals.stale += MemoryLedger::is_stale(task, before) ? 1U : 0U;
    }
  }
  totals.runs = memory_->runs.size();
  totals.answers = memory_->snapshots.size();
  return totals;
}

core::LedgerOverview FakeReader::overview(core::UtcTime now) {
  std::map<std::pair<std::string, std::string>, core::TaskGroup> groups;
  std::map<std::string, core::PendingWork> pending;
  for (const auto& [key, task] : memory_->tasks) {
    const std::string model = MemoryLedger::model(task);
    core::TaskGroup& group = groups[{task.account, model}];
    group.account = task.account;
    group.model = model;
    const auto is = [&task = task](core::TaskState one) {
      return !task.is_forgotten && task.standing.state == one ? 1U : 0U;
    };
    group.tasks += task.is_forgotten ? 0 : 1;
    group.unfinished += is(core::TaskState::unfinished);
    group.succeeded += is(core::TaskState::succeeded);
    group.failed += is(core::TaskState::failed);
    group.missing += is(core::TaskState::missing);
    for (const auto& [index, video] : task.videos) {
      if (video.standing.state == VideoState::done) {
        ++group.videos_done;
        group.bytes += video.file->bytes;
      }
      pending[task.account].videos += video.standing.state == VideoState::wanted ? 1 : 0;
    }
  }
  core::LedgerOverview overview{.totals = totals(now)};
  for (auto& [key, group] : groups) {
    if (group.tasks > 0) {
      overview.groups.push_back(group);
    }
    pending.try_emplace(group.account);
  }
  const core::UtcTime before = core::stale_before(now, memory_->stale_after());
  for (auto& [account, work] : pending) {
    work.account = account;
    each_pending(account, before, [&tasks = work.tasks](const std::string& /*id*/) { ++tasks; });
    if (work.tasks + work.videos > 0) {
      overview.pending.push_back(work);
    }
  }
  return overview;
}

core::ViewRow FakeReader::row_of(const MemoryLedger::Task& task) const {
  const core::Answer said =
      task.status_answer ? memory_->snapshots.at(*task.status_answer).answer : core::Answer{};
  std::optional<core::UtcTime> soonest;
  for (const auto& [index, video] : task.videos) {
    if (video.standing.state == VideoState::wanted && video.link.expires_at) {
      soonest = std::min(soonest.value_or(core::UtcTime::max()), *video.link.expires_at);
    }
  }
  const auto on_disk = std::count_if(task.videos.begin(), task.videos.end(), [](const auto& one) {
    return one.second.standing.state == VideoState::done;
  });
  core::ViewRow row{
      {"account", task.account},
      {"task_id", task.id.text()},
      {"state", task.is_forgotten ? "forgotten" : std::string(core::name(task.standing.state))},
      {"status", unless_empty(said.status)},
      {"progress", unless_empty(said.progress)},
      {"first_seen", text(task.first_seen, true)},
      {"last_query", text(task.last_query, true)},
      {"queries", number(task.queries)},
      {"labels", json(task.labels)},
      {"videos", number(task.videos.size())},
      {"videos_on_disk", number(on_disk)},
      {"soonest_expiry", text(soonest)}};
  core::TaskFacts facts = task.facts;
  facts.model = MemoryLedger::model(task);
  for (const core::Fact& fact : core::kFacts) {
    const auto* time = std::get_if<core::FactTime>(&fact.member);
    row.emplace_back(fact.column, time != nullptr
                                      ? text(facts.**time)
                                      : unless_empty(facts.*std::get<core::FactText>(fact.member)));
  }
  return row;
}

core::ViewRow FakeReader::row_of(const MemoryLedger::Snapshot& snapshot) const {
  const MemoryLedger::Task& task = memory_->tasks.at(snapshot.task);
  return {{"account", task.account},
          {"task_id", task.id.text()},
          {"snapshot_id", number(snapshot.number)},
          {"run_id", number(snapshot.run)},
          {"observed_at", text(snapshot.observed_at, true)},
          {"http_status", number(snapshot.http_status)},
          {"code", unless_empty(snapshot.answer.code)},
          {"status", unless_empty(snapshot.answer.status)},
          {"progress", unless_empty(snapshot.answer.progress)},
          {"raw_bytes", number(snapshot.body.size())},
          {"raw_sha256", snapshot.sha256}};
}

std::optional<core::TaskHistory> FakeReader::task_of_late(const std::string& account,
                                                          const core::TaskId& id,
                                                          std::size_t answers_max) {
  const core::TaskKey key = memory_->find(account, id.text());
  if (key == 0) {
    return std::nullopt;
  }
  const MemoryLedger::Task& task = memory_->tasks.at(key);
  core::TaskHistory history{.key = key, .task = row_of(task)};
  for (const MemoryLedger::Snapshot& snapshot : memory_->snapshots) {
    if (snapshot.task == key) {
      core::SnapshotRecord record{.columns = row_of(snapshot)};
      for (const core::UsageMetric& metric : snapshot.answer.usage) {
        record.usage.push_back({{"name", metric.name}, {"value", metric.value}});
      }
      record.answer = snapshot.is_pruned ? std::nullopt : std::optional(snapshot.body);
      history.snapshots.push_back(std::move(record));
    }
  }
  if (history.snapshots.size() > answers_max) {
    history.earlier_answers = history.snapshots.size() - answers_max;
    history.snapshots.erase(
        history.snapshots.begin(),
        history.snapshots.begin() + static_cast<std::ptrdiff_t>(history.earlier_answers));
  }
  for (const auto& [index, video] : task.videos) {
    history.videos.push_back(support::row_of(task, index, video));
  }
  return history;
}

std::optional<core::RawAnswer> FakeReader::answer_of(std::int64_t snapshot,
                                                     const std::string& sha256_begin) {
  const auto& all = memory_->snapshots;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) {
    return one.number == snapshot && one.sha256.starts_with(sha256_begin);
  });
  if (found == all.end()) {
    return std::nullopt;
  }
  const auto kept = std::find_if(all.begin(), all.end(), [&](const auto& one) {
    return one.task == found->task && one.sha256 == found->sha256 && !one.is_pruned;
  });
  return core::RawAnswer{.columns = row_of(*found),
                         .answer = kept == all.end() ? std::nullopt : std::optional(kept->body)};
}

std::vector<core::ViewRow> FakeReader::last_runs(std::size_t count) {
  std::vector<core::ViewRow> rows;
  const auto runs = std::ssize(memory_->runs);
  for (auto number = std::max<std::int64_t>(1, runs - static_cast<std::int64_t>(count) + 1);
       number <= runs; ++number) {
    rows.push_back(row_of_run(number));
  }
  return rows;
}

std::optional<core::ViewRow> FakeReader::run(std::int64_t number) {
  return number >= 1 && number <= std::ssize(memory_->runs) ? std::optional(row_of_run(number))
                                                            : std::nullopt;
}

core::ViewRow FakeReader::row_of_run(std::int64_t number_of_run) const {
  const MemoryLedger::Run& run = memory_->runs.at(static_cast<std::size_t>(number_of_run - 1));
  const bool ended = run.exit_code.has_value();
  core::ViewRow row{
      {"run_id", number(number_of_run)},
      {"started_at", text(run.started_at, true)},
      {"finished_at", ended ? text(run.finished_at, true) : std::nullopt},
      {"took_ms",
       ended ? std::optional(number((run.finished_at - run.started_at).count())) : std::nullopt},
      {"host", run.start.host},
      {"version", run.start.version},
      {"crew", std::nullopt},
      {"inputs", nlohmann::json(run.start.inputs).dump()},
      {"exit_code", ended ? std::optional(number(*run.exit_code)) : std::nullopt}};
  const auto summary = nlohmann::json::parse(run.summary, nullptr, false);
  for (const char* name :
       {"rows_rejected", "tasks", "queried", "succeeded", "failed", "unfinished", "missing",
        "not_answered", "videos_downloaded", "videos_failed", "videos_expired", "videos_left",
        "bytes", "requests", "retries", "errors"}) {
    const bool has = summary.is_object() && summary.contains(name);
    row.emplace_back(name, has ? std::optional(summary.at(name).dump()) : std::nullopt);
  }
  return row;
}

bool FakeReader::would_ask(const std::string& account, const std::string& task_id,
                           const core::ImportRules& rules) {
  const core::TaskKey key = memory_->find(account, task_id);
  if (key == 0) {
    return true;
  }
  const MemoryLedger::Task& task = memory_->tasks.at(key);
  return MemoryLedger::asks(task, rules.refresh,
                            !MemoryLedger::gone_files(task, rules.on_disk).empty());
}

void FakeReader::each_pending(const std::string& account, core::UtcTime stale_before,
                              const std::function<void(const std::string& task_id)>& take) {
  for (const auto& [key, videos_alone] : memory_->pending(account, stale_before)) {
    if (!videos_alone) {
      take(memory_->tasks.at(key).id.text());
    }
  }
}

void FakeReader::each_saved_video(const std::function<void(core::SavedVideo&&)>& take) {
  std::vector<core::SavedVideo> saved;
  for (const auto& [key, task] : memory_->tasks) {
    for (const auto& [index, video] : task.videos) {
      if (video.standing.state == VideoState::done) {
        saved.push_back({key, index, task.account, task.id.text(), video.file->path,
                         video.file->bytes, video.file->sha256});
      }
    }
  }
  std::sort(saved.begin(), saved.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  for (core::SavedVideo& video : saved) {
    take(std::move(video));
  }
}

void FakeReader::describe(
    const std::vector<core::SavedVideo>& videos,
    const std::function<void(const core::SavedVideo&, core::SavedVideoFacts&&)>& take) {
  for (const core::SavedVideo& asked : videos) {
    const auto task = memory_->tasks.find(asked.task);
    if (task == memory_->tasks.end() || !task->second.videos.contains(asked.index)) {
      continue;
    }
    const MemoryLedger::Video& video = task->second.videos.at(asked.index);
    take(asked, {.model = MemoryLedger::model(task->second),
                 .status = memory_->snapshots.at(video.offered_by).answer.status,
                 .finish_time = memory_->finish_time(task->second, video),
                 .labels = task->second.labels,
                 .checks = video.file ? video.file->checks : ""});
  }
}

// The end of an assumed lifetime is no proof.
bool FakeReader::may_live(const MemoryLedger::Video& video, core::UtcTime now) const {
  if (memory_->snapshots.at(video.offered_by).is_pruned) {
    return !video.link.expires_at || *video.link.expires_at > now;
  }
  for (std::size_t i = 0; i <= video.link.others.size(); ++i) {
    const core::LinkCandidate link = core::candidate(video.link, i);
    if (link.expiry_assumed || !link.expires_at || *link.expires_at > now) {
      return true;
    }
  }
  return false;
}

core::Requeued FakeReader::want_again(const std::vector<core::SavedVideo>& missing,
                                      core::UtcTime now) {
  core::Requeued requeued;
  for (auto& [key, task] : memory_->tasks) {
    for (auto& [index, video] : task.videos) {
      const VideoState state = video.standing.state;
      if (core::is_given_up(state) && (state == VideoState::failed || may_live(video, now))) {
        video.standing = core::wanted_again();
        ++requeued.given_up;
      }
    }
  }
  for (const core::SavedVideo& gone : missing) {
    MemoryLedger::Video& video = memory_->tasks.at(gone.task).videos.at(gone.index);
    if (may_live(video, now)) {
      video.standing = core::wanted_again();
      ++requeued.missing;
    }
  }
  return requeued;
}

}  // namespace support
