#include "tests/support/fake_work_list.h"

#include <algorithm>

#include "core/error.h"

namespace support {

const std::string& FakeWorkList::account(int index) const {
  return start_.accounts.at(static_cast<std::size_t>(index));
}

core::UtcTime FakeWorkList::stale_before() const {
  return core::stale_before(clock_.utc(), start_.stale_after);
}

std::int64_t FakeWorkList::begin_run(const core::RunStart& start) {
  start_ = start;
  for (const std::string& name : start.accounts) {
    memory_->add_account(name);
  }
  memory_->runs.push_back({.start = start, .started_at = clock_.utc(), .exit_code = {}});
  memory_->work.clear();
  outcome_ = {};
  return memory_->run = run_ = std::ssize(memory_->runs);
}

void FakeWorkList::begin_import(core::ImportRules rules) {
  rules_ = std::move(rules);
  rows_.clear();
  outcome_.duplicates = 0;
}

void FakeWorkList::add(const core::WantedTask& task, int account) {
  rows_.push_back({account, task});
}

core::ImportOutcome FakeWorkList::end_import() {
  for (const Row& row : rows_) {
    take(row);
  }
  rows_.clear();
  return outcome_;
}

void FakeWorkList::take(const Row& row) {
  core::TaskKey key = memory_->find(account(row.account), row.task.id.text());
  bool asks = true;
  if (key == 0) {
    key = memory_->add({.account = account(row.account),
                        .id = row.task.id,
                        .first_seen = clock_.utc(),
                        .input_model = row.task.model,
                        .labels = row.task.labels});
  } else {
    MemoryLedger::Task& known = memory_->tasks.at(key);
    const std::vector<int> gone = MemoryLedger::gone_files(known, rules_.on_disk);
    asks = MemoryLedger::asks(known, rules_.refresh, !gone.empty());
    known.is_forgotten = false;
    for (const int index : gone) {
      core::VideoStanding& standing = known.videos.at(index).standing;
      standing = core::file_lost(standing);
    }
    relabel(known, row.task);
  }
  outcome_.duplicates += memory_->work.try_emplace(key, !asks).second ? 0U : 1U;
}

void FakeWorkList::relabel(MemoryLedger::Task& known, const core::WantedTask& row) {
  if (known.input_model.empty()) {
    known.input_model = row.model;
  } else if (!row.model.empty() && row.model != known.input_model) {
    known.input_model = choose({row.id.text(), "model", known.input_model, row.model});
  }
  for (const auto& [name, value] : row.labels) {
    const auto label = std::find_if(known.labels.begin(), known.labels.end(),
                                    [&name = name](const auto& one) { return one.first == name; });
    if (label == known.labels.end()) {
      known.labels.emplace_back(name, value);
    } else if (label->second != value) {
      label->second = choose({row.id.text(), name, label->second, value});
    }
  }
}

std::string FakeWorkList::choose(const core::LabelDifference& difference) {
  core::LabelDifferences& all = outcome_.label_differences;
  ++all.count;
  if (all.named.size() < core::LabelDifferences::kNamedMax) {
    all.named.push_back(difference);
  }
  return rules_.relabel ? difference.list_value : difference.ledger_value;
}

std::uint64_t FakeWorkList::add_pending(int account) {
  const std::string& name = this->account(account);
  memory_->work.merge(memory_->pending(name, stale_before()));
  return static_cast<std::uint64_t>(
      std::count_if(memory_->tasks.begin(), memory_->tasks.end(), [&](const auto& one) {
        const auto& [key, task] = one;
        return task.account == name && MemoryLedger::is_open(task) && !memory_->work.contains(key);
      }));
}

std::uint64_t FakeWorkList::tasks_to_ask() {
  return static_cast<std::uint64_t>(std::count_if(memory_->work.begin(), memory_->work.end(),
                                                  [](const auto& one) { return !one.second; }));
}

std::uint64_t FakeWorkList::tasks_to_ask(int account, core::UtcTime since) {
  const std::string& name = this->account(account);
  return static_cast<std::uint64_t>(
      std::count_if(memory_->work.begin(), memory_->work.end(), [&](const auto& one) {
        const MemoryLedger::Task& task = memory_->tasks.at(one.first);
        return !one.second && task.account == name &&
               (!task.facts.submit_time || *task.facts.submit_time >= since);
      }));
}

std::uint64_t FakeWorkList::videos_to_fetch() { return totals().videos_wanted; }

core::RunTotals FakeWorkList::totals() {
  core::RunTotals totals;
  for (const auto& [key, settled] : memory_->work) {
    const MemoryLedger::Task& task = memory_->tasks.at(key);
    const auto is = [&task](core::TaskState state) {
      return task.standing.state == state ? 1U : 0U;
    };
    ++totals.tasks;
    totals.unfinished += is(core::TaskState::unfinished);
    totals.succeeded += is(core::TaskState::succeeded);
    totals.failed += is(core::TaskState::failed);
    totals.missing += is(core::TaskState::missing);
    totals.stale +=
        MemoryLedger::is_stale(task, stale_before()) ? is(core::TaskState::unfinished) : 0U;
    for (const auto& [index, video] : task.videos) {
      const bool wanted = video.standing.state == core::VideoState::wanted;
      totals.videos_wanted += wanted ? 1U : 0U;
      totals.videos_untried += wanted && video.standing.tried_in != run_ ? 1U : 0U;
    }
  }
  return totals;
}

void FakeWorkList::each_left(bool videos, const std::function<void(const core::LeftOver&)>& take) {
  const auto each = [&](auto tell) {
    for (const auto& [key, settled] : memory_->work) {
      const MemoryLedger::Task& task = memory_->tasks.at(key);
      const auto index = std::find(start_.accounts.begin(), start_.accounts.end(), task.account);
      tell(task, settled,
           core::LeftOver{.account = static_cast<int>(index - start_.accounts.begin()),
                          .task_id = task.id.text()});
    }
  };
  each([&](const MemoryLedger::Task& task, bool settled, const core::LeftOver& left) {
    if (!settled &&
        !(task.status_answer && memory_->snapshots.at(*task.status_answer).run == run_)) {
      take(left);
    }
  });
  each([&](const MemoryLedger::Task& task, bool /*settled*/, core::LeftOver left) {
    for (const auto& [index, video] : task.videos) {
      if (videos && video.standing.state == core::VideoState::wanted &&
          video.standing.tried_in != run_) {
        left.video = index;
        take(left);
      }
    }
  });
}

void FakeWorkList::require_newest_run() {
  if (std::ssize(memory_->runs) != run_) {
    throw core::Error("another run began since");
  }
}

void FakeWorkList::end_run(int exit_code, const std::string& summary_json) {
  MemoryLedger::Run& run = memory_->runs.at(static_cast<std::size_t>(run_ - 1));
  run.exit_code = exit_code;
  run.finished_at = clock_.utc();
  run.summary = summary_json;
}

}  // namespace support
